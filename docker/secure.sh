#!/bin/sh
# Writes what docker-compose.secure.yml needs, into secrets/: a private certificate authority, the
# certificates of Kafka and Valkey, and Kafka's two users. What is there is never overwritten.
#   docker/secure.sh [NAME ...]   further names under which producers reach the broker
set -eu
cd "$(dirname "$0")/.."

if [ ! -d secrets ]; then
  echo "run make env first" >&2
  exit 1
fi
if [ -e secrets/tls ]; then
  echo "secrets/tls is there already and is not overwritten: move it away to have a new one" >&2
  exit 1
fi

names="DNS:kafka,DNS:valkey,DNS:localhost,IP:127.0.0.1"
for name in "$@"; do names="$names,DNS:$name"; done
password() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

umask 022 # secrets itself is closed to others; what is in it is mounted, for users of containers
mkdir -p secrets/tls secrets/kafka
authority=secrets/tls/authority.key
(umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$authority")
openssl req -x509 -new -key "$authority" -days 3650 -subj "/CN=floorpulse authority" \
  -addext "keyUsage=critical,keyCertSign,cRLSign" -out secrets/tls/ca.crt

certificate() { # NAME: a key in PKCS 8, which Kafka wants, and a certificate
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "secrets/tls/$1.key"
  chmod 644 "secrets/tls/$1.key"
  openssl req -new -key "secrets/tls/$1.key" -subj "/CN=$1" -out "secrets/tls/$1.csr"
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' \
    "$names" > "secrets/tls/$1.ext"
  openssl x509 -req -in "secrets/tls/$1.csr" -CA secrets/tls/ca.crt -CAkey "$authority" \
    -CAcreateserial -days 825 -extfile "secrets/tls/$1.ext" -out "secrets/tls/$1.crt" 2> /dev/null
  rm "secrets/tls/$1.csr" "secrets/tls/$1.ext"
}
certificate kafka
certificate valkey

broker=$(password)
floorpulse=$(password)
cat secrets/tls/kafka.key secrets/tls/kafka.crt > secrets/kafka/kafka.pem
cp secrets/tls/ca.crt secrets/kafka/ca.crt
printf '%s' "$floorpulse" > secrets/kafka_password
cat > secrets/kafka/broker.jaas << END
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="broker" password="$broker"
  user_broker="$broker"
  user_floorpulse="$floorpulse";
};
END
cat > secrets/kafka/client.properties << END
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="$broker";
ssl.truststore.type=PEM
ssl.truststore.location=/etc/kafka/secrets/ca.crt
END
echo "wrote secrets/tls, secrets/kafka and secrets/kafka_password, the password of user floorpulse"
