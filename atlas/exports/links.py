"""Where a window's sound lies: from `base_url` on where the config says one, else in the site."""

from atlas.render.site import SiteAtlas


def sound_link(atlas: SiteAtlas, key: str) -> str:
    """The address of the sound of a window."""
    if atlas.media.base_url is not None:
        return f"{atlas.media.base_url.rstrip('/')}/audio/{key}.mp3"
    return f"{_site(atlas)}media/audio/{key}.mp3"


def _site(atlas: SiteAtlas) -> str:
    return "" if atlas.settings.base_url is None else f"{atlas.settings.base_url.rstrip('/')}/"
