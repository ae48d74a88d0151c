# SPDX-License-Identifier: Apache-2.0
# The certification authority: one folder per request under $ADCS_DIR/requests, and openssl.

disposition_of()
{
    if [ -d "$ADCS_DIR/requests/$1" ]; then cat "$ADCS_DIR/requests/$1/disposition"; else echo unknown; fi
}

# set_disposition ID DISPOSITION CODE MESSAGE
set_disposition()
{
    printf '%s' "$3" >"$ADCS_DIR/requests/$1/code"
    printf '%s' "$4" >"$ADCS_DIR/requests/$1/message"
    printf '%s' "$2" >"$ADCS_DIR/requests/$1/disposition"
}

# The key and name of the issuer: a stand-alone CA is its own root, and has two roots after a renewal.
issuer_of()
{
    case $1 in
        standalone) echo root0 ;;
        renewed) echo root1 ;;
        *) echo issuing ;;
    esac
}

# The subject alternative names in a request, in the form of openssl's configuration.
names_in()
{
    openssl req -in "$1" -noout -text | sed -n '/Subject Alternative Name/{n;s/^ *//;s/IP Address:/IP:/g;s/, /,/g;p;}'
}

# What the certificate contains in addition to the request; the moods that change the contents do it here.
extensions_for()
{
    echo authorityKeyIdentifier=keyid
    echo "crlDistributionPoints=URI:http://ca.contoso.example/CertEnroll/Contoso.crl"
    # Only once: a request that renews a certificate names its template itself.
    [ -z "$template" ] || openssl req -in "$1/request.pem" -noout -text | grep -q 1.3.6.1.4.1.311.20.2 || echo "1.3.6.1.4.1.311.20.2=ASN1:BMPSTRING:$template"
    case $mood in
        san-dropped) echo extendedKeyUsage=serverAuth,clientAuth ;;
        eku-changed)
            echo extendedKeyUsage=serverAuth
            names=$(names_in "$1/request.pem")
            [ -z "$names" ] || echo "subjectAltName=$names" ;;
        *)
            openssl req -in "$1/request.pem" -noout -text | grep -q 'Extended Key Usage' ||
                echo extendedKeyUsage=serverAuth,clientAuth
            [ -n "$(names_in "$1/request.pem")" ] || [ ! -s "$1/names" ] || echo "subjectAltName=$(cat "$1/names")" ;;
    esac
}

# issue ID: creates the certificate for a request that was received.
issue()
{
    request=$ADCS_DIR/requests/$1
    mood=$(cat "$request/mood") template=$(cat "$request/template")
    issuer=$(issuer_of "$mood")
    copy=copyall days=365
    case $mood in
        san-dropped|eku-changed) copy=none ;;
        short-validity) days=1 ;;
    esac
    extensions_for "$request" >"$request/extensions"
    openssl x509 -req -in "$request/request.pem" -copy_extensions "$copy" -extfile "$request/extensions" -days "$days" \
        -CA "$ADCS_DIR/ca/$issuer.pem" -CAkey "$ADCS_DIR/ca/$issuer.key" -set_serial "$(next_serial 1f)" \
        -sha256 -out "$request/certificate.pem" 2>"$request/log"
    set_disposition "$1" issued "" ""
}
