"""Says each hostile text in every way that a pipeline has, and the secret wherever it may slip out."""

import sys

from hostile import PAYLOADS, SAY

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    Config,
    ConfigurableResource,
    Definitions,
    EnvVar,
    Failure,
    MetadataValue,
    Output,
    TableRecord,
    asset,
)

SHARE = 20
PICTURE = (
    "![a plot](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)"
)
NAMES = (
    f"<img src=x onerror={SAY}>",
    f"'\"><script>{SAY}</script>",
    "{{constructor.constructor('hostile()')()}}",
    "\u202eevil\u202c",
    "W" * 300,
)


class Said(Config):
    """What a launch says."""

    text: str = f"</script><script>{SAY}</script>"
    texts: tuple[str, ...] = PAYLOADS[:5]


class Api(ConfigurableResource):
    """Has a secret."""

    key: str


def named(number: int):
    """An asset with a hostile name that says its share of the texts."""
    key, mine = AssetKey(NAMES[number]), PAYLOADS[number * SHARE : (number + 1) * SHARE]

    @asset(
        key=key,
        description="\n\n".join(mine),
        owners=[f"team:{mine[0]}"],
        code_version=mine[1],
        metadata={mine[2]: MetadataValue.md(mine[3])},
        check_specs=[AssetCheckSpec("harmless", asset=key, description=mine[4])],
    )
    def says(context, config: Said, api: Api):
        metadata = {"picture": MetadataValue.md(PICTURE), "secret": api.key, "number": number}
        for at, text in enumerate(mine):
            context.log.warning("%s", text)
            print(text)
            print(text, file=sys.stderr)
            metadata |= {
                text: text,
                f"{at} md": MetadataValue.md(text),
                f"{at} json": MetadataValue.json({text: [text, {"deep": text}]}),
                f"{at} url": MetadataValue.url(text),
                f"{at} path": MetadataValue.path(text),
            }
        metadata["table"] = MetadataValue.table([TableRecord({"cell": text, mine[0]: text}) for text in mine])
        print("key", api.key, config.text)
        yield Output(dict(enumerate(mine)) if number else mine[0], metadata=metadata)
        verdict = {"said": mine[5], "md": MetadataValue.md(mine[6])}
        yield AssetCheckResult(passed=number % 2 == 0, description=mine[7], metadata=verdict)

    return says


@asset
def raises(api: Api):
    """Fails with all of them."""
    try:
        raise KeyError(PAYLOADS[0])
    except KeyError as error:
        raise ValueError(f"{api.key}\n" + "\n".join(PAYLOADS)) from error


@asset
def fails(api: Api):
    """Fails as one who means to."""
    raise Failure("\n".join(PAYLOADS), metadata={PAYLOADS[1]: MetadataValue.md(PAYLOADS[1]), "key": api.key})


defs = Definitions(
    assets=[*map(named, range(len(NAMES))), raises, fails],
    resources={"api": Api(key=EnvVar("HOSTILE_API_KEY"))},
)
