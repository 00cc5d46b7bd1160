import jinja2
from markupsafe import Markup

def show(name, environment):
    # ruleid: text-taken-for-markup
    Markup(name)
    # ruleid: text-taken-for-markup
    jinja2.Environment(autoescape=False)
    # ruleid: text-taken-for-markup
    environment.from_string(name)
    # ok: text-taken-for-markup
    Markup("<b>ours</b>")
    # ok: text-taken-for-markup
    jinja2.Environment(autoescape=True)
