"""A medical note, written beside the day."""

from flask_babel import lazy_gettext as _

from portal.web.forms import Form, LongTextField


class BesideNoteForm(Form):
    note = LongTextField(_("Add a note"), render_kw={"rows": 3})
