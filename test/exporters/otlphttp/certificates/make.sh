#!/bin/sh
# Makes the certificates of the tests of TLS: a private CA, servers and a client that it vouches for, and one that has
# expired. They are checked in, so that tests need no openssl. They are valid for a century; the keys guard nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1-key.pem"; }

authority() { # NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
  openssl req -x509 -new -key "$work/$1.key" -days 36500 -subj "/CN=$1 of the tests" -out "$1.pem"
}

leaf() { # NAME EXTENSIONS
  key "$1"
  openssl req -new -key "$1-key.pem" -subj "/CN=$1" -out "$work/$1.csr"
  printf '%s\n' "$2" > "$work/$1.ext"
}

sign() { # NAME START END
  : > "$work/index.txt"
  openssl ca -batch -notext -md sha256 -startdate "$2" -enddate "$3" -extfile "$work/$1.ext" \
    -cert ca.pem -keyfile "$work/ca.key" -outdir "$work" -in "$work/$1.csr" -out "$1.pem" -config "$work/ca.conf"
}

echo 01 > "$work/serial"
cat > "$work/ca.conf" <<CONF
[ca]
default_ca = ca
[ca]
database = $work/index.txt
serial = $work/serial
policy = policy
unique_subject = no
[policy]
commonName = supplied
CONF

names='subjectAltName=DNS:localhost,IP:127.0.0.1'
authority ca
authority other-ca
leaf server "$names"
leaf elsewhere 'subjectAltName=DNS:otel.example.com'
leaf expired "$names"
leaf client 'extendedKeyUsage=clientAuth'
for name in server elsewhere client; do sign "$name" 20200101000000Z 21200101000000Z; done
sign expired 20200101000000Z 20210101000000Z
