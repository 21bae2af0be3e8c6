"""Words of the bar on every page: theme, keys, and what the app is."""

from typing import Final

LIGHT: Final = "Light theme"
DARK: Final = "Dark theme"
KEYS: Final = "Keys"
KEYS_TITLE: Final = "Keys and gestures"
CLOSE: Final = "Close"
OR: Final = "or"
LOADING: Final = "Loading what was written on this computer"
ABOUT: Final = (
    "**Sulcus** reads brain MRI with several networks side by side. Everything stays on this "
    "computer. The theme is changed here or by the button at the top of the page."
)
