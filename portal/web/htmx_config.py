"""How htmx behaves on our pages: strict about scripts, and willing to show a refusal."""

from jinja2.utils import htmlsafe_json_dumps

CONFIG: dict[str, object] = {
    "includeIndicatorStyles": False,
    # Not "style": what an extension of the browser wrote there would be copied, against our policy.
    "attributesToSettle": ["class", "width", "height"],
    # What has just come works at once: a quick key would load the whole page instead, and lose its place.
    "defaultSettleDelay": 0,
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    # Pages hold health data: none of it stays behind in the browser's storage.
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "scrollBehavior": "auto",
    # A refusal is swapped: 422 into its form, the others into #alerts (HX-Retarget). static/js/app.js drops a
    # 5xx that is not ours, such as a proxy's own page.
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": True, "error": True},
    ],
}
HTMX_CONFIG = htmlsafe_json_dumps(CONFIG)
"""As the head of each page says it."""
