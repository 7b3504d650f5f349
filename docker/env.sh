#!/bin/sh
# Writes what docker compose needs before the first start: .env, passwords, a first roster.
# What is there already is never overwritten.
set -eu
cd "$(dirname "$0")/.."

for made in .env secrets; do
  if [ -e "$made" ]; then
    echo "$made is there already and is not overwritten: move it away to have a new one" >&2
    exit 1
  fi
done

secret() {
  head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' > "secrets/$1"
}

umask 077
mkdir secrets # closed to others; the files in it are mounted one by one, for users of containers
umask 022
mkdir secrets/alerting # for passwords of mail servers and addresses of webhooks, one a file
secret redis_password
secret grafana_password
secret grafana_key
secret links_key
secret metrics_token
: > secrets/oidc_client_secret # the issuer makes it, where people sign in

umask 077
cat > .env << 'END'
# What docker compose reads; docs/deployment.md says what each line is for.
SECRETS=./secrets
ROSTER=./roster

# Every setting of docs/settings.md may stand here, and is given to all of floorpulse's processes.
# The partitions are fixed for the life of an installation: at least as many as ever workers.
FLOORPULSE_PARTITIONS=12
FLOORPULSE_LEAD_PARTITIONS=12
# The address by which people reach the wall, for links: see docs/access.md.
FLOORPULSE_PUBLIC_URL=http://127.0.0.1:8080
# 1 shows the wall, teams and floors only, to all who reach it; 0 asks them for a link.
FLOORPULSE_WALL_OPEN=0
# Where people sign in by OpenID Connect; without an issuer, links alone. See docs/access.md.
FLOORPULSE_OIDC_ISSUER=
FLOORPULSE_OIDC_CLIENT_ID=
# 1 gives Grafana a dashboard of single reps. Ask your works council first.
GRAFANA_REPS=0
END
umask 022

if [ ! -e roster/roster.yaml ]; then
  mkdir -p roster
  install -m 644 floorpulse/demo/demo-roster.yaml roster/roster.yaml # containers' users have to read it
  echo "roster/roster.yaml names invented people: put your own in"
fi
echo "wrote .env and secrets: docker compose up --detach"
echo "the wall opens by a link: docker compose exec wall floorpulse link wall"
echo "Grafana's user is admin, the password is in secrets/grafana_password"
