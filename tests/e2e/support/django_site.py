"""A small site on Django: its own users, log-in form, CSRF cookie and sessions in a database. Run as a program:

    django_site.py NAME FOLDER USER:PASSWORD BUILD...

serves on a free port of 127.0.0.1, says which on its first line, and ends when its standard input does. Its session
cookie is JSESSIONID, as of every other site like it; /build/N is there for the builds named and a 404 for others.
"""
import os
import sys
import threading

import django
from django.conf import settings

NAME, FOLDER, ACCOUNT = sys.argv[1:4]
BUILDS = {int(build) for build in sys.argv[4:]}

PAGE = """<!DOCTYPE html><title>{{ name }}</title><h1 id="site">{{ name }}</h1>
{% block body %}<p id="user">{% if user.is_authenticated %}{{ user.username }}{% else %}nobody{% endif %}</p>
{% if build %}<p id="build">{{ build }}</p>{% endif %}
<form method="post" action="/logout">{% csrf_token %}<button id="logout">Log out</button></form>{% endblock %}"""
LOGIN = """{% extends "page.html" %}{% block body %}
<form method="post">{% csrf_token %}{{ form.as_p }}<button id="login">Log in</button></form>{% endblock %}"""

settings.configure(
    SECRET_KEY=f"of {NAME}, for a test only", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(FOLDER, NAME + ".db")}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    SESSION_COOKIE_NAME="JSESSIONID", LOGIN_REDIRECT_URL="/", LOGGING_CONFIG=None,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {
        "context_processors": ["django.template.context_processors.request",
                               "django.contrib.auth.context_processors.auth"],
        "loaders": [("django.template.loaders.locmem.Loader", {"page.html": PAGE, "login.html": LOGIN})]}}],
)
django.setup()

from django.contrib.auth import logout, models  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import Http404, HttpResponseRedirect  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402


def home(request):
    return render(request, "page.html", {"name": NAME})


def build(request, number):
    if number not in BUILDS:
        raise Http404
    return render(request, "page.html", {"name": NAME, "build": number})


@require_POST
def leave(request):
    logout(request)
    return HttpResponseRedirect("/")


urlpatterns = [
    path("", home), path("build/<int:number>", build), path("logout", leave),
    path("login", LoginView.as_view(template_name="login.html", extra_context={"name": NAME})),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main():
    call_command("migrate", verbosity=0)
    user, _, password = ACCOUNT.partition(":")
    models.User.objects.create_user(user, password=password)
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet, ipv6=False)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    print("%s:%d" % server.server_address[:2], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
