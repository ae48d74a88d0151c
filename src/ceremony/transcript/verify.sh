#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The second verifier of a key ceremony: sh, openssl and coreutils, and ssh-keygen for SSH signatures. It shares only
# docs/ceremony-transcript.md with p11cert. Get it from somebody you trust, not from the bundle that it is to verify.
#
#   sh verify.sh [--mode rehearsal] [--head HEAD] [--signer IDENTITY]... [FOLDER]
#
# HEAD is what was written down during the ceremony: 64 hex digits, or 16 words in one argument.
# FOLDER is the ceremony's folder, or a bundle unpacked into an empty folder. Exit code 0: everything in it verifies.
set -u
LC_ALL=C
export LC_ALL
newline='
'
mode=PRODUCTION known_head='' wanted=$newline folder=.

usage()
{
    echo "usage: sh verify.sh [--mode rehearsal] [--head HEAD] [--signer IDENTITY]... [FOLDER]"
    echo "HEAD is what was written down during the ceremony: 64 hex digits, or '16 words'"
    echo "FOLDER is a bundle unpacked into an empty folder: mkdir FOLDER; tar xf BUNDLE.tar -C FOLDER"
    exit 2
}

while [ $# -gt 0 ]; do
    case $1:$# in
    --mode:1 | --head:1 | --signer:1) usage ;;
    --mode:*)
        case $2 in rehearsal) mode=REHEARSAL ;; production) ;; *) usage ;; esac
        shift 2 ;;
    --head:*) known_head=$2; shift 2 ;;
    --signer:*) wanted="$wanted$2$newline"; shift 2 ;;
    -*) usage ;;
    *) folder=$1; shift ;;
    esac
done
[ -d "$folder" ] || usage
[ "$(printf xy | tr xy '[a*]')" = aa ] || { echo "verify.sh: requires tr of coreutils, not of busybox"; exit 2; }
cd "$folder" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failures=0

# Names and texts of others must not move the cursor or look like a line of this program.
say()
{
    printf '%s' "$*" | tr -c '\040-\176' '[?*]'
    echo
}

failed()
{
    say "FAIL  $*"
    failures=$((failures + 1))
}

digest()
{
    sum=$(sha256sum)
    printf '%s' "${sum%% *}"
}

# same FILE FILE: only with programs of coreutils
same()
{
    [ "$(digest <"$1")" = "$(digest <"$2")" ]
}

is_hex()
{
    case $1 in *[!0-9a-f]*) return 1 ;; esac
    [ ${#1} = 64 ]
}

# --- canonical JSON ------------------------------------------------------------------------------------------------
# Takes $rest apart from its beginning. Characters below U+0020 and the form of UTF-8 have been checked before.
name_order=-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz
depth_most=16 number_most=9007199254740991 line_most=1048576

take_text()
{
    rest=${rest#?}
    while :; do
        rest=${rest#"${rest%%[\"\\]*}"}
        case $rest in
        '"'*) rest=${rest#?}; return 0 ;;
        '\u0000'* | '\u0008'* | '\u0009'* | '\u000a'* | '\u000c'* | '\u000d'*) return 1 ;;
        '\u00'[01][0-9a-f]*) rest=${rest#??????} ;;
        '\'[\"\\bfnrt]*) rest=${rest#??} ;;
        *) return 1 ;;
        esac
    done
}

take_number()
{
    digits=${rest#-}; digits=${digits%%[!0-9]*}
    case $digits in '' | 0?*) return 1 ;; esac
    case $rest in -0*) return 1 ;; esac
    rest=${rest#-}; rest=${rest#"$digits"}
    [ ${#digits} -lt 16 ] || { [ ${#digits} = 16 ] && [ "$digits" -le $number_most ]; }
}

# is_before NAME NAME: in the order of their bytes
is_before()
{
    while [ -n "$1" ] && [ -n "$2" ] && [ "${1%"${1#?}"}" = "${2%"${2#?}"}" ]; do
        set -- "${1#?}" "${2#?}"
    done
    [ -n "$2" ] || return 1
    [ -n "$1" ] || return 0
    case $name_order in *"${1%"${1#?}"}"*"${2%"${2#?}"}"*) ;; *) return 1 ;; esac
}

# take_object DEPTH: after its brace. The parameters keep the name of a member and the text from its value on, since a
# value may itself be an object.
take_object()
{
    set -- "$1" '' ''
    while :; do
        case $rest in '"'*) ;; *) return 1 ;; esac
        rest=${rest#?}; member=${rest%%'"'*}
        case $member in '' | *[!A-Za-z0-9_.-]*) return 1 ;; esac
        [ ${#member} -le 64 ] || return 1
        [ -z "$2" ] || is_before "$2" "$member" || return 1
        rest=${rest#"$member"}
        case $rest in '":'*) rest=${rest#??} ;; *) return 1 ;; esac
        set -- "$1" "$member" "$rest"
        take_value "$1" || return 1
        [ "$1" != "$kept_depth" ] || members="$members$2=${3%"$rest"}$newline"
        case $rest in
        ,*) rest=${rest#?} ;;
        '}'*) rest=${rest#?}; return 0 ;;
        *) return 1 ;;
        esac
    done
}

take_array()
{
    while :; do
        take_value "$1" || return 1
        case $rest in
        ,*) rest=${rest#?} ;;
        ']'*) rest=${rest#?}; return 0 ;;
        *) return 1 ;;
        esac
    done
}

take_value()
{
    [ "$1" -le $depth_most ] || return 1
    case $rest in
    '"'*) take_text ;;
    '{}'* | '[]'*) rest=${rest#??} ;;
    '{'*) rest=${rest#?}; take_object $(($1 + 1)) ;;
    '['*) rest=${rest#?}; take_array $(($1 + 1)) ;;
    true*) rest=${rest#true} ;;
    null*) rest=${rest#null} ;;
    false*) rest=${rest#false} ;;
    *) take_number ;;
    esac
}

# read_members OBJECT DEPTH: sets $members to its own members, not those of objects in it: a line "name=value" for each.
read_members()
{
    rest=$1 kept_depth=$(($2 + 1)) members=$newline
    take_value "$2" && [ -z "$rest" ]
}

# Print a member of the body as it is written, a text with its quotes; nothing if there is none.
raw()
{
    case $members in
    *"$newline$1="*) value=${members#*"$newline$1="}; printf '%s' "${value%%"$newline"*}" ;;
    esac
}

text()
{
    case $members in
    *"$newline$1=\""*) value=${members#*"$newline$1=\""}; value=${value%%"$newline"*}; printf '%s' "${value%?}" ;;
    esac
}

number()
{
    case $members in
    *"$newline$1="[0-9-]*) value=${members#*"$newline$1="}; printf '%s' "${value%%"$newline"*}" ;;
    esac
}

# requires NAME... : texts, or numbers with #, digests with @, objects with {, arrays with [.
requires()
{
    for name; do
        case $name in
        \#*) [ -n "$(number "${name#?}")" ] ;;
        @*) is_hex "$(text "${name#?}")" ;;
        '{'* | '['*) case $members in *"$newline${name#?}=${name%"${name#?}"}"*) ;; *) false ;; esac ;;
        *) case $members in *"$newline$name=\""*) ;; *) false ;; esac ;;
        esac || { broken="a member is missing: $name"; return 1; }
    done
}

is_name()
{
    case /$1 in
    *[!A-Za-z0-9._/-]* | */ | *//* | */.* | */-*) return 1 ;;
    esac
    [ ${#1} -le 99 ]
}

# --- names of people -----------------------------------------------------------------------------------------------
# Each row, up to its ';', has a letter or digit and those that look like it.
shapes='
a ª À Á Â Ã Ä Å Æ à á â ã ä å æ Ā ā Ă ă Ą ą Ǎ ǎ Ǟ ǟ Ǡ ǡ Ǣ ǣ Ǻ ǻ Ǽ ǽ Ȁ ȁ Ȃ ȃ Ȧ ȧ ɑ Ά Α ά α А а Ӑ ӑ Ӓ ӓ Ḁ ḁ Ạ ạ Ả ả Ấ ấ
Ầ ầ Ẩ ẩ Ẫ ẫ Ậ ậ Ắ ắ Ằ ằ Ẳ ẳ Ẵ ẵ Ặ ặ ; b ƀ Ɓ Β β ϐ В в Ḃ ḃ Ḅ ḅ Ḇ ḇ ; c Ç ç Ć ć Ĉ ĉ Ċ ċ Č č ϲ Ϲ С с Ḉ ḉ ; d Ð ð Ď ď Đ đ
Ԁ ԁ Ḋ ḋ Ḍ ḍ Ḏ ḏ Ḑ ḑ Ḓ ḓ ẟ ; e È É Ê Ë è é ê ë Ē ē Ĕ ĕ Ė ė Ę ę Ě ě Ə Ȅ ȅ Ȇ ȇ Ȩ ȩ Έ Ε έ ε ϵ Ѐ Ё Е е ѐ ё Ӗ ӗ Ḕ ḕ Ḗ ḗ Ḙ ḙ
Ḛ ḛ Ḝ ḝ Ẹ ẹ Ẻ ẻ Ẽ ẽ Ế ế Ề ề Ể ể Ễ ễ Ệ ệ ; f ƒ Ḟ ḟ ; g Ĝ ĝ Ğ ğ Ġ ġ Ģ ģ Ǧ ǧ Ǵ ǵ ɡ Ԍ ԍ Ḡ ḡ ; h Ĥ ĥ Ħ ħ Ȟ ȟ Ή Η Н н Һ һ
Ḣ ḣ Ḥ ḥ Ḧ ḧ Ḩ ḩ Ḫ ḫ ẖ ; i Ì Í Î Ï ì í î ï Ĩ ĩ Ī ī Ĭ ĭ Į į İ ı Ĺ ĺ Ļ ļ Ľ ľ Ł ł Ǐ ǐ Ȉ ȉ Ȋ ȋ Ί ΐ Ι Ϊ ί ι ϊ І Ї і ї Ӏ ӏ Ḭ
ḭ Ḯ ḯ Ḷ ḷ Ḹ ḹ Ḻ ḻ Ḽ ḽ Ỉ ỉ Ị ị ; j Ĵ ĵ ǰ Ј ј ; k Ķ ķ ĸ Ǩ ǩ Κ κ ϰ Ќ К к ќ Ḱ ḱ Ḳ ḳ Ḵ ḵ ; m µ Μ μ М м Ḿ ḿ Ṁ ṁ Ṃ ṃ ; n Ñ ñ
Ń ń Ņ ņ Ň ň Ŋ ŋ Ǹ ǹ Ν ή η Ṅ ṅ Ṇ ṇ Ṉ ṉ Ṋ ṋ ; o º Ò Ó Ô Õ Ö Ø ò ó ô õ ö ø Ō ō Ŏ ŏ Ő ő Œ œ Ơ ơ Ǒ ǒ Ǫ ǫ Ǭ ǭ Ǿ ǿ Ȍ ȍ Ȏ ȏ Ȫ
ȫ Ȭ ȭ Ȯ ȯ Ȱ ȱ Ό Ο ο ό О о Ӧ ӧ Ṍ ṍ Ṏ ṏ Ṑ ṑ Ṓ ṓ Ọ ọ Ỏ ỏ Ố ố Ồ ồ Ổ ổ Ỗ ỗ Ộ ộ Ớ ớ Ờ ờ Ở ở Ỡ ỡ Ợ ợ ; p Þ þ Ρ ρ ϱ Р р Ṕ ṕ Ṗ
ṗ ; q Ԛ ԛ ; r Ŕ ŕ Ŗ ŗ Ř ř Ȑ ȑ Ȓ ȓ Ѓ Г г ѓ Ṙ ṙ Ṛ ṛ Ṝ ṝ Ṟ ṟ ; s ß ſ Ś ś Ŝ ŝ Ş ş Š š Ș ș Ѕ ѕ Ṡ ṡ Ṣ ṣ Ṥ ṥ Ṧ ṧ Ṩ ṩ ẛ ẞ ; t Ţ
ţ Ť ť Ŧ ŧ Ț ț Τ τ Т т Ṫ ṫ Ṭ ṭ Ṯ ṯ Ṱ ṱ ẗ ; u Ù Ú Û Ü ù ú û ü Ũ ũ Ū ū Ŭ ŭ Ů ů Ű ű Ų ų Ư ư Ǔ ǔ Ǖ ǖ Ǘ ǘ Ǚ ǚ Ǜ ǜ Ȕ ȕ Ȗ ȗ ΰ
υ ϋ ύ Ṳ ṳ Ṵ ṵ Ṷ ṷ Ṹ ṹ Ṻ ṻ Ụ ụ Ủ ủ Ứ ứ Ừ ừ Ử ử Ữ ữ Ự ự ; v ν Ṽ ṽ Ṿ ṿ ; w Ŵ ŵ Ώ Ω ω ώ Ԝ ԝ Ẁ ẁ Ẃ ẃ Ẅ ẅ Ẇ ẇ Ẉ ẉ ẘ ; x Χ χ
Х х Ẋ ẋ Ẍ ẍ ; y Ý ý ÿ Ŷ ŷ Ÿ Ȳ ȳ Ύ Γ Υ Ϋ γ ϒ ϓ ϔ Ў У у ў Ү ү Ӯ ӯ Ӱ ӱ Ӳ ӳ Ẏ ẏ ẙ Ỳ ỳ Ỵ ỵ Ỷ ỷ Ỹ ỹ ; z Ź ź Ż ż Ž ž Ζ Ẑ ẑ Ẓ
ẓ Ẕ ẕ ; δ Δ ; θ Θ ϑ ϴ ; λ Λ ; ξ Ξ ; π Π ϖ ; σ Σ ς ; φ Φ ϕ ; ψ Ψ ; б Б ; д Д ; ж Ж Ӂ ӂ Ӝ ӝ ; з З Ӟ ӟ ; и Ѝ И Й й ѝ Ӣ ӣ
Ӥ ӥ ; л Л ; п П ; ф Ф ; ц Ц ; ч Ч Ӵ ӵ ; ш Ш ; щ Щ ; ъ Ъ ; ы Ы Ӹ ӹ ; ь Ь ; э Э Ӭ ӭ ; ю Ю ; я Я ; ђ Ђ ; є Є ; љ Љ ; њ Њ
; ћ Ћ ; џ Џ ; ґ Ґ ;
'
shapes=$(printf '%s ' $shapes)
block_0080=$(printf '\302') block_0300=$(printf '\314') block_0340=$(printf '\315')
block_2000=$(printf '\342\200') block_3000=$(printf '\343\200')

# Sets $alike to the first letter of its row.
find_shape()
{
    case $shapes in *" $1 "*) ;; *) return 1 ;; esac
    alike="${shapes%%" $1 "*} $1"; alike=${alike##*"; "}; alike=${alike%% *}
}

# likeness NAME: sets $likeness to what people tell names apart by: letters and digits, without case, accents, spaces and
# punctuation.
likeness()
{
    rest=$(printf '%s' "$1" | tr -d '\001-\057\072-\100\133-\140\173-\177' | tr 'A-KM-ZLl10' 'a-km-ziiio') likeness=''
    while [ -n "$rest" ]; do
        one=${rest%"${rest#?}"} two=${rest%"${rest#??}"} three=${rest%"${rest#???}"}
        case $one in
        [0-9a-z]) likeness=$likeness$one; rest=${rest#?}; continue ;;
        esac
        if find_shape "$three"; then
            likeness=$likeness$alike; rest=${rest#???}
        elif find_shape "$two"; then
            likeness=$likeness$alike; rest=${rest#??}
        else
            case $rest in
            "$block_0080"?* | "$block_0300"?* | "$block_0340"?*) rest=${rest#??} ;;
            "$block_2000"?* | "$block_3000"?*) rest=${rest#???} ;;
            *) likeness=$likeness$one; rest=${rest#?} ;;
            esac
        fi
    done
}

# --- the records ---------------------------------------------------------------------------------------------------
# Lists have an item on each line. Texts keep the quotes and escapes that they have in JSON, so that none of them can be
# mistaken for two items.
forget_records()
{
    script=ceremony.yaml artefacts=$newline keys=$newline persons=$newline linted=$newline steps=$newline
    made=' ' products=$newline keyed=' ' present=$newline intent='' closed='' proofs='' proved=' '
}
forget_records

take_attributes()
{
    requires key class '{values' || return
    label=$(raw key) spki=$(raw spki_sha256) class=$(text class) values=$(raw values) expected=$(raw expected) step=$(number step)
    case $spki in
    '"'*)
        case $keys in
        *"$newline$label=$spki$newline"*) ;;
        *"$newline$label="*) failed "record $count: the key $label has a different public key than before" ;;
        *) keys="$keys$label=$spki$newline" ;;
        esac ;;
    esac
    read_members "$values" 2
    values=$members
    case $expected in
    '{'*)
        read_members "$expected" 2
        printf '%s' "${members#?}" >"$work/expected"
        while IFS= read -r each; do
            case $values in *"$newline$each$newline"*) ;; *) failed "record $count: $each was expected" ;; esac
        done <"$work/expected" ;;
    esac
    [ "$class" = private-key ] || return 0
    case $steps in
    *"$newline$step begun "* | *"$newline$step failed "*) keyed="$keyed$step " ;;
    esac
    case $values in
    *"${newline}CKA_EXTRACTABLE=false$newline"*) ;;
    *) failed "record $count: CKA_EXTRACTABLE of a private key" ;;
    esac
    case $values in
    *"${newline}CKA_SENSITIVE=true$newline"*) ;;
    *) failed "record $count: CKA_SENSITIVE of a private key" ;;
    esac
}

take_artefact()
{
    requires name type @sha256 '#size' || return
    name=$(text name) type=$(text type) lint=no
    is_name "$name" || { failed "record $count: not a permitted name of a file"; return 0; }
    case $artefacts in *"$newline$name "*) failed "record $count: $name is recorded twice"; return 0 ;; esac
    case $linted in *"$newline$name$newline"*) lint=yes ;; esac
    [ "$(text origin)" != input ] || lint=yes
    [ "$type" != site ] || [ "$(text sha256)" = "$site_sha256" ] ||
        failed "$name: not the site file that line 1 names"
    case $type in certificate | request | crl | public-key) ;; *) type=other ;; esac
    step=$(number step)
    made="$made${step:-0} "
    [ "$(text origin)" = input ] || products="$products${step:-0} $type$newline"
    artefacts="$artefacts$name $type $(number size) $(text sha256) $lint $(raw key)$newline"
}

# Each step has a line "number state kind" in $steps, in the order in which the steps were begun.
set_step()
{
    case $steps in
    *"$newline$1 "*)
        before=${steps%%"$newline$1 "*} after=${steps#*"$newline$1 "}
        steps="$before$newline$1 $2 $3$newline${after#*"$newline"}" ;;
    *) steps="$steps$1 $2 $3$newline" ;;
    esac
}

take_step()
{
    requires '#step' step_kind phase || return
    step=$(number step)
    [ "$(text phase)" = end ] || { set_step "$step" begun "$(raw step_kind)"; return 0; }
    case $steps in
    *"$newline$step "*) ;;
    *) failed "record $count: step $step was not begun"; return 0 ;;
    esac
    kind_begun=${steps#*"$newline$step "}; kind_begun=${kind_begun%%"$newline"*}; kind_begun=${kind_begun#* }
    case "$(text outcome)" in
    done) set_step "$step" done "$kind_begun" ;;
    *) set_step "$step" failed "$kind_begun" ;;
    esac
}

# A draw is recorded before its use: while its step is carried out, and before the artefacts of the step.
take_draw()
{
    requires purpose source value || return
    step=$(number step)
    [ -n "$step" ] || return 0
    case $made in
    *" $step "*) ;;
    *) case $steps in *"$newline$step begun "* | *"$newline$step failed "*) return 0 ;; esac ;;
    esac
    failed "record $count: a draw is recorded before its step or after its use"
}

# A signature that was kept with the challenge that it signs.
take_check()
{
    requires what result || return
    [ "$(text result)" = pass ] || failed "record $count: a check did not pass"
    case $members in *"${newline}challenge="* | *"${newline}signature="* | *"${newline}public_key="*) ;; *) return 0 ;; esac
    challenge=$(text challenge) signature=$(text signature) public_key=$(text public_key)
    if ! is_name "$challenge" || ! is_name "$signature" || ! is_name "$public_key"; then
        failed "record $count: a proof requires a challenge, a signature and a public key; one is missing"
        return 0
    fi
    proofs="$proofs$challenge $signature $public_key $(raw spki_sha256)$newline"
    proved="$proved$(number step) "
}

take_person()
{
    requires name role presence || return
    name=$(raw name) key=$(text key)
    likeness "$name"
    case $(text presence):$present in
    in:*"$newline$likeness$newline"*) failed "record $count: $name was already recorded as present, or a name that looks like it: a person can be listed only once" ;;
    in:*) present="$present$likeness$newline" ;;
    esac
    case $members in *"${newline}key=\""*) ;; *) return 0 ;; esac
    case $persons in *"$newline$key$newline"*) failed "record $count: the key of $name was already announced" ;; esac
    persons="$persons$key$newline"
}

take_header()
{
    requires format mode title @script_sha256 @site_sha256 '{tool' '[modules' || return
    case $members in *"${newline}script=\""*) script=$(text script) ;; esac
    [ "$(text format)" = p11cert-transcript-1 ] || failed "record 1: the format is not known"
    header_mode=$(text mode) script_sha256=$(text script_sha256) site_sha256=$(text site_sha256) planned=$(number steps)
}

take()
{
    [ -z "$closed" ] || { broken="the transcript is closed: nothing may follow"; return 1; }
    case $count:$kind in
    1:header) ;;
    1:* | *:header) broken="the header comes first, and only there"; return 1 ;;
    esac
    case $kind in
    header) take_header ;;
    person) take_person ;;
    token) requires role phase label serial ;;
    step) take_step ;;
    confirm) requires '#step' role name ;;
    intent)
        requires call || return
        [ -z "$intent" ] || { broken="the previous intent has no outcome"; return 1; }
        intent=$count ;;
    outcome)
        requires '#intent' result || return
        [ "$(number intent)" = "$intent" ] || { broken="not the outcome of the open intent"; return 1; }
        intent='' ;;
    attributes) take_attributes ;;
    artefact) take_artefact ;;
    lint)
        requires name linter result || return
        case "$(text result)" in pass | warning) ;; *) failed "record $count: the lint of $(text name) has errors" ;; esac
        linted="$linted$(text name)$newline" ;;
    check) take_check ;;
    draw) take_draw ;;
    deviation | abort) requires reason by ;;
    pause | resume) requires reason ;;
    torn) requires '#size' @sha256 hex ;;
    note) requires text ;;
    close)
        requires outcome || return
        [ -z "$intent" ] || { broken="an intent has no outcome"; return 1; }
        closed=$(text outcome) ;;
    *) broken="unknown kind of record: $kind"; return 1 ;;
    esac
}

# --- the chain -----------------------------------------------------------------------------------------------------
# Takes the line apart from its end, puts it together again, and compares.
read_record()
{
    [ ${#line} -le $line_most ] || { broken="it is longer than $line_most bytes"; return 1; }
    rest=${line%'"}'}; own=${rest##*'"'}; bare=${line%",\"sha256\":\"$own\"}"}
    [ "$bare" != "$line" ] && is_hex "$own" && [ "$(printf '%s}' "$bare" | digest)" = "$own" ] ||
        { broken="its digest does not match its content"; return 1; }
    seq=${bare##*,\"seq\":} rest=${bare%,\"seq\":*}
    rest=${rest%'"'}; prev=${rest##*'"'}; rest=${rest%",\"prev\":\"$prev"}
    mono=${rest##*:}; rest=${rest%",\"mono_us\":$mono"}
    rest=${rest%'"'}; kind=${rest##*'"'}; rest=${rest%",\"kind\":\"$kind"}
    rest=${rest#'{"at":"'}; at=${rest%%'"'*}; body=${rest#"$at\",\"body\":"}
    [ "{\"at\":\"$at\",\"body\":$body,\"kind\":\"$kind\",\"mono_us\":$mono,\"prev\":\"$prev\",\"seq\":$seq" = "$bare" ] ||
        { broken="it is not a record"; return 1; }
    case $at in [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z) ;;
    *) broken="it is not a record"; return 1 ;; esac
    rest=$mono
    case $mono in *[!0-9]*) false ;; *) take_number ;; esac || { broken="it is not a record"; return 1; }
    case $body in '{'*) ;; *) broken="it is not a record"; return 1 ;; esac
    [ "$seq" = "$count" ] || { broken="it has the number $seq"; return 1; }
    is_hex "$prev" && { [ "$count" = 1 ] || [ "$prev" = "$head" ]; } ||
        { broken="it was written after a different line $((count - 1))"; return 1; }
    [ "$count" != 1 ] || earlier=$prev
    read_members "$body" 1 || { broken="it is not in canonical form (RFC 8785)"; return 1; }
}

# read_transcript FILE
read_transcript()
{
    count=0 head='' line=''
    while IFS= read -r line; do
        count=$((count + 1))
        broken=''
        if ! read_record || ! take; then
            failed "chain: line $count is not as it was written: $broken"
            return 1
        fi
        head=$(printf '%s' "$line" | digest)
    done <"$1"
    [ -z "$line" ] || { failed "chain: line $((count + 1)) is incomplete"; return 1; }
    [ "$count" != 0 ] || { failed "chain: the transcript is empty"; return 1; }
}

# A line for each line: what its bytes may be in UTF-8 (RFC 3629), as letters and digits, runs of ASCII as one "a".
classes()
{
    tr '\000-\011\013-\177' '[a*]' <"$1" | tr '\200-\217\220-\237\240-\277\300\301\302-\337\340\341-\354\355\356\357\360\361-\363\364\365-\377' \
        '[1*16][2*16][3*32]xx[b*30]c[d*12]eddf[g*3]h[x*]' | tr -s a
}

is_utf8()
{
    while :; do
        case $1 in
        '') return 0 ;;
        a*) set -- "${1#?}" ;;
        b[123]*) set -- "${1#??}" ;;
        c3[123]* | d[123][123]* | e[12][123]*) set -- "${1#???}" ;;
        f[23][123][123]* | g[123][123][123]* | h1[123][123]*) set -- "${1#????}" ;;
        *) return 1 ;;
        esac
    done
}

# Before a shell reads it: its variables cannot contain a NUL.
judge_bytes()
{
    tr -d '\000-\011\013-\037' <"$1" >"$work/plain"
    same "$work/plain" "$1" || { failed "chain: the transcript contains control characters"; return 1; }
    classes "$1" >"$work/classes"
    number=0
    while IFS= read -r line; do
        number=$((number + 1))
        is_utf8 "$line" || { failed "chain: line $number is not as it was written: it is not UTF-8"; return 1; }
    done <"$work/classes"
}

# What a step of the kind leaves.
judge_step()
{
    [ "$step" = "$step_count" ] || { failed "steps: step $step was begun where step $step_count should have been"; return; }
    [ "$state" = done ] || { failed "end: step $step was begun but not completed"; return; }
    case $kind in
    '"self-sign"' | '"issue"' | '"cross"') product=certificate ;;
    '"request"') product=request ;;
    '"crl"') product=crl ;;
    '"export-public"') product=public-key ;;
    '"keygen"')
        case $keyed in *" $step "*) ;; *) failed "steps: step $step recorded no attributes of a private key" ;; esac
        return ;;
    *) return ;;
    esac
    case $products in
    *"$newline$step $product$newline"*) ;;
    *) failed "steps: step $step recorded no $product" ;;
    esac
}

if [ ! -f transcript.jsonl ] || [ -L transcript.jsonl ]; then
    failed "transcript.jsonl is not a file"
elif judge_bytes transcript.jsonl; then
    read_transcript transcript.jsonl
fi
if [ $failures != 0 ] && [ -z "$closed" ]; then
    echo "NOT VERIFIED"
    exit 1
fi
[ "$header_mode" = "$mode" ] || failed "mode: the transcript says $header_mode"
[ "$closed" = complete ] || failed "end: ${closed:-the end is missing}"
printf '%s' "${steps#?}" >"$work/steps"
step_count=0
while read -r step state kind; do
    step_count=$((step_count + 1))
    judge_step
done <"$work/steps"
case ${planned:-0} in
0 | "$step_count") ;;
*) failed "end: the ceremony has $planned steps, but only $step_count were begun" ;;
esac

# The head as words, each for 16 bits (docs/ceremony-transcript.md).
add_letter() # LETTERS PLACE
{
    letters=$1 place=$2
    while [ "$place" -gt 0 ]; do
        letters=${letters#?} place=$((place - 1))
    done
    words=$words${letters%"${letters#?}"}
}
consonants=bdfghjklmnprstvz vowels=aiou words='' rest=$head
while [ -n "$rest" ]; do
    bits=$((0x${rest%"${rest#????}"})) rest=${rest#????}
    add_letter $consonants $((bits >> 12))
    add_letter $vowels $((bits >> 10 & 3))
    add_letter $consonants $((bits >> 6 & 15))
    add_letter $vowels $((bits >> 4 & 3))
    add_letter $consonants $((bits & 15))
    words="$words${rest:+ }"
done
known_head=$(printf '%s' "$known_head" | tr 'A-Z\n\t-' 'a-z   ' | tr -s ' ')
known_head=${known_head# } known_head=${known_head% }
case $known_head in
'') echo "----  head: not compared; compare it with what was written down during the ceremony, or give that with --head" ;;
"$head" | "$words") echo "pass  head: the one that was written down" ;;
*) failed "head: not the one that was written down" ;;
esac

# --- the files -----------------------------------------------------------------------------------------------------
files='' special=''

visit()
{
    for file in "$1"* "$1".[!.]* "$1"..?*; do
        if [ -L "$file" ]; then
            special=yes
            failed "$file: a link"
        elif [ -d "$file" ]; then
            visit "$file/"
        elif [ -f "$file" ]; then
            files="$files$file$newline"
            is_name "$file" || failed "$file: not a name that a file of a ceremony may have"
            case $file in
            "$script" | transcript.jsonl | head.txt | MANIFEST | README.txt | verify.sh) ;;
            signatures/*/*) failed "$file: the transcript does not list this file" ;;
            signatures/?*.p7s | signatures/?*.sig) ;;
            *) case $artefacts in
                *"$newline$file "*) ;;
                *) failed "$file: the transcript does not list this file" ;;
                esac ;;
            esac
        elif [ -e "$file" ]; then
            special=yes
            failed "$file: not a regular file"
        fi
    done
}
visit ''
if [ -n "$special" ]; then # whoever reads a pipe waits for somebody to write to it
    echo "NOT VERIFIED: $failures failures"
    exit 1
fi

same_file()
{
    is_name "$1" && [ -f "$1" ] && [ ! -L "$1" ] && [ "$(digest <"$1")" = "$2" ] || failed "$1: not the file that was recorded"
}
same_file "$script" "$script_sha256"
if [ -f MANIFEST ]; then
    printf '%s' "$files" | sort | while IFS= read -r file; do
        [ "$file" = MANIFEST ] || sha256sum "$file"
    done >"$work/manifest"
    same "$work/manifest" MANIFEST || failed "manifest: does not list exactly the existing files"
fi

# --- the contents of the files -------------------------------------------------------------------------------------
# is_sequence FILE: one SEQUENCE in DER, after which there are only zero bytes; $after is their number.
is_sequence()
{
    set -- "$1" $(od -An -v -tu1 -N6 "$1")
    [ $# = 7 ] && [ "$2" = 48 ] || return 1
    case $3 in
    129) total=$((3 + $4)); [ "$4" -ge 128 ] ;;
    130) total=$((4 + $4 * 256 + $5)); [ "$4" -gt 0 ] ;;
    131) total=$((5 + ($4 * 256 + $5) * 256 + $6)); [ "$4" -gt 0 ] ;;
    *) total=$((2 + $3)); [ "$3" -lt 128 ] ;;
    esac || return 1
    after=$(($(wc -c <"$1") - total))
    [ "$after" -ge 0 ] && [ "$(tail -c "+$((total + 1))" "$1" | tr -d '\000' | wc -c)" -eq 0 ]
}

# is_block FILE LABEL...: PEM with one block, which has one of the labels
is_block()
{
    blocks=''
    tr '\000' ' ' <"$1" >"$work/lines"
    shift
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '-----BEGIN '*)
            [ -z "$blocks" ] || return 1
            blocks=${line#-----BEGIN } ;;
        esac
        line=''
    done <"$work/lines"
    for each; do
        case $blocks in "$each-----"*) return 0 ;; esac
    done
    return 1
}

# is_object FILE LABEL...: sets $form to its form, DER or PEM
is_object()
{
    form=DER
    is_sequence "$1" && return 0
    form=PEM
    is_block "$@"
}

spki_of()
{
    openssl pkey -pubin -outform DER 2>/dev/null | digest
}

: >"$work/all" >"$work/roots"
each_artefact() # calls "$1" with $name $type $size $sha256 $lint $label
{
    printf '%s' "${artefacts#?}" >"$work/list"
    while IFS=' ' read -r name type size sha256 lint label; do
        [ -z "$name" ] || "$1"
    done <"$work/list"
}

check_key()
{
    case $keys in
    *"$newline$label=\"$1\"$newline"*) ;;
    *"$newline$label="*) [ -z "$label" ] || failed "$name: its public key is not that of the key $label" ;;
    esac
}

# read_earlier FILE: print the mode of a transcript that is whole. In parentheses, since it takes the place of this one.
read_earlier()
(
    failed() { :; }
    forget_records
    judge_bytes "$1" && read_transcript "$1" && [ -n "$closed" ] && printf '%s' "$header_mode"
)

judge_earlier()
{
    [ "$(tail -n 1 "$name" | tr -d '\n' | digest)" = "$earlier" ] || return 0
    earlier_is_here=yes
    earlier_mode=$(read_earlier "$name") || { failed "$name: not a whole transcript of a finished ceremony"; return; }
    case $header_mode:$earlier_mode in
    PRODUCTION:PRODUCTION) ;;
    PRODUCTION:*) failed "$name: the transcript of a rehearsal, which no production can follow" ;;
    esac
}

collect()
{
    same_file "$name" "$sha256"
    [ ! -f "$name" ] || judge_earlier
    [ ! -f "$name" ] || [ "$(wc -c <"$name")" -eq "$size" ] || failed "$name: its size is not the recorded one"
    case $type:$lint in
    certificate:no | crl:no) failed "$name: no lint was recorded before it was signed" ;;
    esac
    [ "$type" = certificate ] && [ -f "$name" ] || return 0
    if ! is_object "$name" CERTIFICATE || ! openssl x509 -inform $form -in "$name" -out "$work/one" 2>/dev/null; then
        failed "$name: not a certificate"
        return 0
    fi
    cat "$work/one" >>"$work/all"
    openssl verify -no-CApath -no-CAstore -no_check_time -check_ss_sig -CAfile "$work/one" "$work/one" >/dev/null 2>&1 &&
        cat "$work/one" >>"$work/roots"
    check_key "$(openssl x509 -in "$work/one" -noout -pubkey | spki_of)"
}

judge()
{
    [ -f "$name" ] || return 0
    case $type in
    certificate)
        is_object "$name" CERTIFICATE && openssl x509 -inform $form -in "$name" -out "$work/one" 2>/dev/null || return 0
        begins=$(openssl x509 -in "$work/one" -noout -startdate)
        openssl verify -no-CApath -no-CAstore -x509_strict -check_ss_sig -attime "$(date -d "${begins#*=}" +%s)" \
            -CAfile "$work/roots" -untrusted "$work/all" "$work/one" >/dev/null 2>&1 ||
            failed "$name: its chain does not verify at the start of its validity period" ;;
    request)
        is_object "$name" 'CERTIFICATE REQUEST' 'NEW CERTIFICATE REQUEST' ||
            { failed "$name: not exactly one request"; return 0; }
        case $(openssl req -inform $form -in "$name" -noout -verify 2>&1) in *"verify OK"*) ;; *) failed "$name: its signature does not verify" ;; esac
        check_key "$(openssl req -inform $form -in "$name" -noout -pubkey 2>/dev/null | spki_of)" ;;
    crl)
        is_object "$name" 'X509 CRL' || { failed "$name: not exactly one CRL"; return 0; }
        case $(openssl crl -inform $form -in "$name" -noout -CAfile "$work/all" -no-CApath -no-CAstore 2>&1) in
        *"verify OK"*) ;;
        *) failed "$name: not signed by a CA whose certificate is here" ;;
        esac ;;
    public-key)
        is_block "$name" 'PUBLIC KEY' && openssl pkey -pubin -inform PEM -in "$name" -noout 2>/dev/null ||
            failed "$name: not a public key"
        check_key "$(openssl pkey -pubin -in "$name" 2>/dev/null | spki_of)" ;;
    esac
}
earlier_is_here=''
each_artefact collect
case $earlier_is_here:$earlier in
yes:* | :0000000000000000000000000000000000000000000000000000000000000000) ;;
*) failed "chain: the transcript of the previous ceremony, which line 1 names, is not among the files" ;;
esac
each_artefact judge

# --- proofs by signature -----------------------------------------------------------------------------------------
printf 'p11cert-ceremony-proof-1\nmode %s\nscript %s\n' "$header_mode" "$script_sha256" >"$work/heading"

judge_proof()
{
    for file in "$challenge" "$signature" "$public_key"; do
        case $artefacts in *"$newline$file "*) ;; *) failed "$file: not recorded as an artefact"; return ;; esac
        [ -f "$file" ] || return 0
    done
    is_block "$public_key" 'PUBLIC KEY' && [ "\"$(openssl pkey -pubin -inform PEM -in "$public_key" 2>/dev/null | spki_of)\"" = "$spki" ] ||
        failed "$public_key: not the public key that the record states"
    head -n 3 "$challenge" >"$work/three"
    same "$work/three" "$work/heading" && ! same "$challenge" "$work/heading" || failed "$challenge: not a challenge of this ceremony"
    case $(openssl pkey -pubin -in "$public_key" -noout -text 2>/dev/null) in
    ED*) openssl pkeyutl -verify -rawin -pubin -inkey "$public_key" -in "$challenge" -sigfile "$signature" ;;
    *) openssl dgst -sha256 -verify "$public_key" -signature "$signature" "$challenge" ;;
    esac >/dev/null 2>&1 || failed "$signature: not a signature of that key on the challenge"
}
printf '%s' "$proofs" >"$work/proofs"
while IFS=' ' read -r challenge signature public_key spki; do
    judge_proof
done <"$work/proofs"
while read -r step state kind; do
    case $proved in *" $step "*) continue ;; esac
    case $kind in
    '"prove"' | '"copy-check"') printf '%s\n' "----  proofs: step $step kept neither challenge nor signature" ;;
    esac
done <"$work/steps"

# --- the signers ----------------------------------------------------------------------------------------------------
printf 'p11cert-ceremony-head-1\nmode %s\nlines %s\nsha256 %s\n' "$header_mode" "$count" "$head" >"$work/head"
[ ! -e head.txt ] || same "$work/head" head.txt || failed "head.txt: it is not the head of this transcript"
signed=$newline

# identify FILE: sets $identity to the key that signed the head, to nothing if none did.
identify()
{
    identity=''
    case $1 in
    *.p7s)
        said=$(openssl cms -cmsout -print -noout -inform DER -in "$1" 2>/dev/null)
        case ${said%%certificates:*} in *'eContent: <ABSENT>'*) ;; *) return ;; esac
        if is_sequence "$1" && [ "$after" = 0 ] && openssl cms -verify -binary -inform DER -in "$1" -content "$work/head" \
            -noverify -signer "$work/signer" -out /dev/null 2>/dev/null && is_block "$work/signer" CERTIFICATE; then
            identity=spki-sha256:$(openssl x509 -in "$work/signer" -noout -pubkey | spki_of)
        fi ;;
    *)
        said=$(ssh-keygen -Y check-novalidate -n p11cert-ceremony -s "$1" <"$work/head" 2>/dev/null) &&
            identity=${said##* } ;;
    esac
}

judge_signature()
{
    identify "$1"
    [ -n "$identity" ] || { failed "$1: not a valid signature of the head"; return; }
    signed="$signed$identity$newline"
    case $persons$wanted in
    *"$newline$identity$newline"*) say "pass  $1: signed by $identity"; return ;;
    esac
    case $keys in
    *"=\"${identity#spki-sha256:}\"$newline"*) say "pass  $1: signed by a key of the ceremony" ;;
    *) failed "$1: signed by $identity, which belongs to nobody in the transcript" ;;
    esac
}
for file in signatures/*.p7s signatures/*.sig; do
    [ -f "$file" ] || continue
    case $file in
    *.sig) command -v ssh-keygen >/dev/null || { failed "$file: not checked, ssh-keygen is not installed"; continue; } ;;
    esac
    judge_signature "$file"
done
printf '%s%s' "${persons#?}" "${wanted#?}" >"$work/signers"
while IFS= read -r each; do
    case $signed in *"$newline$each$newline"*) ;; *) failed "signatures: $each has not signed the head" ;; esac
done <"$work/signers"
[ "$signed" != "$newline" ] || [ "$header_mode" != PRODUCTION ] || failed "signatures: nobody has signed the head"

say "----  steps: not compared with $script, which this verifier does not read; nor are the people who confirmed them, the tokens, and what the certificates contain"
printf 'script %s\nlines  %s\nhead   %s\nwords  %s\n' "$script_sha256" "$count" "$head" "$words"
if [ $failures = 0 ]; then
    echo "verified as $header_mode"
    exit 0
fi
echo "NOT VERIFIED: $failures failures"
exit 1
