"""The table that everybody may hold us to."""

from flask.testing import FlaskClient

from portal.core.permissions import GRANTS, Permission, Role
from portal.web.admin.permissions import GROUPS


def test_every_permission_has_words() -> None:
    labelled = [permission for _title, labels in GROUPS for permission in labels]
    assert sorted(labelled) == sorted(Permission)


def test_the_page_shows_the_table_that_is_in_force(manager: FlaskClient) -> None:
    text = manager.get("/admin/permissions").text
    granted = sum(len(granted) for granted in GRANTS.values())
    rows = text.partition("<main")[2]
    assert rows.count('aria-label="Yes"') == granted
    assert rows.count(">No<") == len(Permission) * len(Role) - granted
