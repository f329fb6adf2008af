#!/bin/sh
# A certificate for an internal host name, for an office whose network has no certificate authority of its own.
#   tls.sh FOLDER azukari.example.lg.jp        makes FOLDER/ca.crt (give it to every browser), tls.crt and tls.key
# Run again in the same folder, it keeps the authority and makes a new certificate. ca.key stays off this machine afterwards.
set -eu
[ $# -eq 2 ] || { echo 'tls.sh FOLDER NAME' >&2; exit 2; }
umask 077
mkdir -p "$1"
cd "$1"
if ! [ -f ca.key ]; then
  # Limited to the one name, so that whoever steals it can stand for no other site.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -keyout ca.key -out ca.crt \
    -subj "/CN=azukari $2" -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign' \
    -addext "nameConstraints=critical,permitted;DNS:$2" 2>/dev/null
fi
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.csr -subj "/CN=$2" 2>/dev/null
printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' "$2" > tls.ext
# 397 days: what browsers accept at most.
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 397 -extfile tls.ext -out tls.crt 2>/dev/null
rm -f tls.csr tls.ext
chmod 644 ca.crt tls.crt
openssl verify -CAfile ca.crt tls.crt >/dev/null
openssl x509 -in tls.crt -noout -enddate
