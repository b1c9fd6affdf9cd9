"""What the product is measured against: a bare Flask page with one SELECT and a small template."""

import os

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text

app = Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"], pool_size=10)

TEMPLATE = """<!doctype html><html lang="en"><title>Reference</title><h1>Reference</h1>
<ul>{% for row in rows %}<li>{{ row.name }}, {{ row.city }}</li>{% endfor %}</ul></html>"""


@app.get("/")
def page() -> str:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, city FROM centre ORDER BY name")).all()
    return render_template_string(TEMPLATE, rows=rows)
