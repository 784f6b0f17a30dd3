"""Canonical bytes of NumPy and SciPy values: arrays by dtype, shape and the bytes in C order.

NumPy is never imported here: whoever has an array has loaded it.
"""

from __future__ import annotations

from typing import Any

from blake3 import blake3

from tidemill.io.canonical import Canon, Encoder, NotCanonicalError, by_state, pack, reference, shorten

CHUNK = 1 << 24


def resolve_numpy(kind: type) -> Encoder | None:
    """Encoder for a class of NumPy's, or a subclass of one of its array classes."""
    import numpy as np  # loaded: the class is its own

    if kind in (np.ndarray, np.memmap):
        return array
    if kind in (np.matrix, np.recarray):
        return lambda canon, value: pack(b"class:", (shorten(reference(kind)), shorten(array(canon, value))))
    if kind is np.ma.MaskedArray:
        return _masked
    if issubclass(kind, np.generic):
        return lambda canon, value: pack(b"scalar:", [shorten(array(canon, np.asarray(value)))])
    if issubclass(kind, np.dtype):
        return lambda _, value: b"dtype:" + dtype_name(value)
    if kind is np.ufunc:
        return lambda _, value: b"ufunc:" + value.__name__.encode()
    return None


def dtype_name(dtype: Any) -> bytes:
    """What tells dtypes apart, without padding, offsets and titles."""
    if dtype.names is not None:
        names = [shorten(name.encode()) for name in dtype.names]
        return shorten(pack(b"fields:", [*names, *(dtype_name(dtype[name]) for name in dtype.names)]))
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return shorten(pack(b"sub:", (dtype_name(base), str(shape).encode())))
    return shorten((repr(dtype) if dtype.kind == "T" else dtype.str).encode())


def array(canon: Canon, value: Any) -> bytes:
    """Dtype, shape and content of an array of any layout."""
    shape = shorten(",".join(map(str, value.shape)).encode())
    return pack(b"array:", [dtype_name(value.dtype), shape, _content(canon, value)])


def _content(canon: Canon, value: Any) -> bytes:
    dtype = value.dtype
    if dtype.names is not None:  # field by field: what lies between the fields is never written
        return shorten(pack(b"", [_content(canon, value[name]) for name in dtype.names]))
    if dtype.hasobject or dtype.kind == "T":
        items = value.ravel().tolist()
        canon.kept.append(items)
        return canon.sequence(items)
    if dtype.char in "gG":
        raise NotCanonicalError("numpy.longdouble, whose padding is never written")
    return raw(canon, value)


def raw(canon: Canon, value: Any) -> bytes:
    """Digest of the elements in C order, whatever order they are kept in, without a copy of the whole."""
    import numpy as np  # loaded: the value is its own

    if value.nbytes == 0:
        return blake3(b"").digest()
    if value.flags.c_contiguous:
        flat = value.view(np.ndarray).reshape(-1).view("u1")
        return canon.buffer(flat.data, flat.__array_interface__["data"][0])
    hasher = blake3()
    rows = max(1, CHUNK * len(value) // value.nbytes)
    for start in range(0, len(value), rows):
        hasher.update(value[start : start + rows].tobytes("C"))
    return hasher.digest()


def _masked(canon: Canon, value: Any) -> bytes:
    mask = value.mask
    data = value.filled(0) if value.dtype.kind in "biufc" else value.data
    return by_state(canon, value, (data, mask, value.fill_value))


def resolve_scipy(kind: type) -> Encoder | None:
    """Encoder for a sparse matrix or sparse array."""
    import scipy.sparse as sparse  # loaded: the class is its own

    if issubclass(kind, sparse.csr_matrix | sparse.csr_array | sparse.csc_matrix | sparse.csc_array):
        return _compressed
    return _coordinates if issubclass(kind, sparse.sparray | sparse.spmatrix) else None


def _compressed(canon: Canon, value: Any) -> bytes:
    # On a second object over the same arrays: asking whether it is canonical writes to the one that is asked.
    own = type(value)((value.data, value.indices, value.indptr), shape=value.shape, copy=False)
    if not own.has_canonical_format:
        own = own.copy()
        own.sum_duplicates()
    canon.kept.append(own)
    return by_state(canon, value, (own.shape, own.data, own.indices, own.indptr))


def _coordinates(canon: Canon, value: Any) -> bytes:
    own = value.tocoo(copy=True)
    own.sum_duplicates()
    canon.kept.append(own)
    return by_state(canon, value, (own.shape, own.data, *own.coords))
