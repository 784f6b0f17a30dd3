"""Hooks: functions that are called when a step has succeeded, or has failed for good.

@success_hook, @failure_hook ──▶ HookDefinition ──▶ in the unit of every step that it is for
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, overload

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.definitions.arguments import wrong_type


class HookDefinition(NamedTuple):
    """A hook; calling it calls its function.

    Attributes:
        name: Its name.
        on: Which end of a step calls it.
        fn: The user's function; it is given a `HookContext`.
        required_resource_keys: What it finds in `context.resources`.
    """

    name: str
    on: Literal["success", "failure"]
    fn: Callable[..., Any]
    required_resource_keys: frozenset[str] = frozenset()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, as a test does.

        Args:
            *args: The context, from `build_hook_context`.
            **kwargs: Or the context by name.

        Raises:
            InvalidInvocationError: There is no context.
            InvalidDefinitionError: The context has not all resources that the hook needs.
        """
        if len(args) + len(kwargs) != 1:
            raise InvalidInvocationError(
                f"The hook {self.name!r} takes its context and nothing else",
                subject=self.name,
                found=f"{len(args) + len(kwargs)} arguments",
                expected="one context",
                next_step=f"{self.name}(build_hook_context())",
            )
        context = next(iter((*args, *kwargs.values())))
        missing = sorted(key for key in self.required_resource_keys if not hasattr(context.resources, key))
        if missing:
            raise InvalidDefinitionError(
                f"The hook {self.name!r} needs the resource {missing[0]!r}",
                subject=missing[0],
                found="a context without it",
                expected=", ".join(sorted(self.required_resource_keys)),
                next_step=f"build_hook_context(resources={{{missing[0]!r}: …}})",
            )
        return self.fn(*args, **kwargs)


@overload
def success_hook(hook_fn: Callable[..., Any]) -> HookDefinition: ...
@overload
def success_hook(
    hook_fn: None = None, *, name: str | None = None, required_resource_keys: Iterable[str] | None = None
) -> Callable[[Callable[..., Any]], HookDefinition]: ...
def success_hook(
    hook_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
) -> HookDefinition | Callable[[Callable[..., Any]], HookDefinition]:
    """Define what is called when a step has succeeded.

    The function is given a `HookContext`. What it raises fails nothing: it is recorded, and stands in the log.

    Args:
        hook_fn: The function, where the decorator stands without parentheses.
        name: Of the hook; the function's where it is not given.
        required_resource_keys: Resources that it needs.

    Raises:
        InvalidDefinitionError: The function takes no context.

    Example:
        >>> @success_hook
        ... def tell(context):
        ...     print(f"{context.op.name} is done")
        >>> tell.name
        'tell'
    """
    return _hook(hook_fn, "success", name, required_resource_keys)


@overload
def failure_hook(name: Callable[..., Any]) -> HookDefinition: ...
@overload
def failure_hook(
    name: str | None = None, required_resource_keys: Iterable[str] | None = None
) -> Callable[[Callable[..., Any]], HookDefinition]: ...
def failure_hook(
    name: Callable[..., Any] | str | None = None, required_resource_keys: Iterable[str] | None = None
) -> HookDefinition | Callable[[Callable[..., Any]], HookDefinition]:
    """Define what is called when a step has failed and is not tried again; arguments as of `success_hook`.

    Args:
        name: Of the hook; or the function, where the decorator stands without parentheses.
        required_resource_keys: Resources that it needs.

    Raises:
        InvalidDefinitionError: The function takes no context.

    Example:
        >>> @failure_hook(required_resource_keys={"pager"})
        ... def page(context):
        ...     context.resources.pager.send(str(context.op_exception))
        >>> page.on
        'failure'
    """
    if callable(name):
        return _hook(name, "failure", None, required_resource_keys)
    return _hook(None, "failure", name, required_resource_keys)


def _hook(
    fn: Callable[..., Any] | None,
    on: Literal["success", "failure"],
    name: str | None,
    keys: Iterable[str] | None,
) -> HookDefinition | Callable[[Callable[..., Any]], HookDefinition]:
    def define(fn: Callable[..., Any]) -> HookDefinition:
        own = name or getattr(fn, "__name__", "") or repr(fn)
        code = getattr(fn, "__code__", None)
        if code is not None and code.co_argcount != 1:
            raise InvalidDefinitionError(
                f"The hook {own!r} must take its context and nothing else",
                subject=own,
                found=f"parameters {', '.join(code.co_varnames[: code.co_argcount]) or '(none)'}",
                expected=f"def {own}(context)",
            )
        return HookDefinition(own, on, fn, frozenset(keys or ()))

    return define if fn is None else define(fn)


def valid_hooks(owner: str, hooks: Any) -> tuple[HookDefinition, ...]:
    """Hooks in the order of their names: a set has none of its own."""
    if not hooks:
        return ()
    if isinstance(hooks, HookDefinition) or not isinstance(hooks, Iterable):
        raise wrong_type(owner, "hooks", hooks, "a set of hooks")
    found = list(dict.fromkeys(hooks))
    for hook in found:
        if not isinstance(hook, HookDefinition):
            raise wrong_type(owner, "hooks", hook, "what @success_hook or @failure_hook gave")
    return tuple(sorted(found, key=lambda hook: hook.name))
