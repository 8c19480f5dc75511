"""Opening pages and watching them: what a page complains of, throws, or asks for outside of its site is kept."""

from contextlib import suppress
from typing import Any, Protocol

PATIENCE_MS = 8_000
LISTENING = """
  window.sounds = [];
  const Plain = window.Audio;
  window.Audio = function (...given) { const sound = new Plain(...given); window.sounds.push(sound); return sound; };
"""
"pages make sounds that are in no document; this keeps hold of them"


class Visit(Protocol):
    """Open a page of the site, by its address from the site's root."""

    def __call__(
        self, address: str, width: int = 1280, theme: Any = "light", scripts: bool = True, **device: Any
    ) -> Any: ...


class Visits:
    """The pages that a test opened, and what went wrong on them."""

    def __init__(self, browser: Any, base: str, before: str = LISTENING) -> None:
        self.browser, self.base, self.before = browser, base, before
        self.problems: list[str] = []
        self.contexts: list[Any] = []

    def open(self, address: str, width: int = 1280, theme: Any = "light", scripts: bool = True, **device: Any) -> Any:
        size = {"width": width, "height": 900}
        context = self.browser.new_context(viewport=size, color_scheme=theme, java_script_enabled=scripts, **device)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(self.before)
        context.route("**/*", self._route)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.on("dialog", self._dialog)
        page.goto(self.base + address)
        return page

    def close(self) -> None:
        for context in self.contexts:
            with suppress(Exception):  # what went wrong before is told already
                context.close()

    def _route(self, route: Any) -> None:
        if route.request.url.startswith((self.base, "data:", "blob:")):
            route.continue_()
        else:
            self.problems.append(f"asked for {route.request.url}, which is outside of the site")
            route.abort()

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.location.get('url')}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"{dialog.page.url}: a text of the atlas was run as a script, and said {dialog.message}")
        dialog.dismiss()
