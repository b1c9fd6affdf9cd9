"""A medical note, written beside the day."""

from flask_babel import lazy_gettext as _

from portal.records.models import LONGEST
from portal.web.forms import Form, LongTextField


class BesideNoteForm(Form):
    note = LongTextField(_("Add a note"), longest=LONGEST, render_kw={"rows": 3})
