/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_alike.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* As in ceremony/transcript/verify.sh, which is a verifier of its own. */
static const struct {
    const char *likeness;
    const char *letters;
} rows[] = {
    { "a", "ªÀÁÂÃÄÅÆàáâãäåæĀāĂăĄąǍǎǞǟǠǡǢǣǺǻǼǽȀȁȂȃȦȧɑΆΑάαАаӐӑӒӓḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ" },
    { "b", "ƀƁΒβϐВвḂḃḄḅḆḇ" },
    { "c", "ÇçĆćĈĉĊċČčϲϹСсḈḉ" },
    { "d", "ÐðĎďĐđԀԁḊḋḌḍḎḏḐḑḒḓẟ" },
    { "e", "ÈÉÊËèéêëĒēĔĕĖėĘęĚěƏȄȅȆȇȨȩΈΕέεϵЀЁЕеѐёӖӗḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệ" },
    { "f", "ƒḞḟ" },
    { "g", "ĜĝĞğĠġĢģǦǧǴǵɡԌԍḠḡ" },
    { "h", "ĤĥĦħȞȟΉΗНнҺһḢḣḤḥḦḧḨḩḪḫẖ" },
    { "i", "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıĹĺĻļĽľŁłǏǐȈȉȊȋΊΐΙΪίιϊІЇіїӀӏḬḭḮḯḶḷḸḹḺḻḼḽỈỉỊị" },
    { "j", "ĴĵǰЈј" },
    { "k", "ĶķĸǨǩΚκϰЌКкќḰḱḲḳḴḵ" },
    { "m", "µΜμМмḾḿṀṁṂṃ" },
    { "n", "ÑñŃńŅņŇňŊŋǸǹΝήηṄṅṆṇṈṉṊṋ" },
    { "o", "ºÒÓÔÕÖØòóôõöøŌōŎŏŐőŒœƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱΌΟοόОоӦӧṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợ" },
    { "p", "ÞþΡρϱРрṔṕṖṗ" },
    { "q", "Ԛԛ" },
    { "r", "ŔŕŖŗŘřȐȑȒȓЃГгѓṘṙṚṛṜṝṞṟ" },
    { "s", "ßſŚśŜŝŞşŠšȘșЅѕṠṡṢṣṤṥṦṧṨṩẛẞ" },
    { "t", "ŢţŤťŦŧȚțΤτТтṪṫṬṭṮṯṰṱẗ" },
    { "u", "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗΰυϋύṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰự" },
    { "v", "νṼṽṾṿ" },
    { "w", "ŴŵΏΩωώԜԝẀẁẂẃẄẅẆẇẈẉẘ" },
    { "x", "ΧχХхẊẋẌẍ" },
    { "y", "ÝýÿŶŷŸȲȳΎΓΥΫγϒϓϔЎУуўҮүӮӯӰӱӲӳẎẏẙỲỳỴỵỶỷỸỹ" },
    { "z", "ŹźŻżŽžΖẐẑẒẓẔẕ" },
    { "δ", "Δ" },
    { "θ", "Θϑϴ" },
    { "λ", "Λ" },
    { "ξ", "Ξ" },
    { "π", "Πϖ" },
    { "σ", "Σς" },
    { "φ", "Φϕ" },
    { "ψ", "Ψ" },
    { "б", "Б" },
    { "д", "Д" },
    { "ж", "ЖӁӂӜӝ" },
    { "з", "ЗӞӟ" },
    { "и", "ЍИЙйѝӢӣӤӥ" },
    { "л", "Л" },
    { "п", "П" },
    { "ф", "Ф" },
    { "ц", "Ц" },
    { "ч", "ЧӴӵ" },
    { "ш", "Ш" },
    { "щ", "Щ" },
    { "ъ", "Ъ" },
    { "ы", "ЫӸӹ" },
    { "ь", "Ь" },
    { "э", "ЭӬӭ" },
    { "ю", "Ю" },
    { "я", "Я" },
    { "ђ", "Ђ" },
    { "є", "Є" },
    { "љ", "Љ" },
    { "њ", "Њ" },
    { "ћ", "Ћ" },
    { "џ", "Џ" },
    { "ґ", "Ґ" },
};

/* Spaces, punctuation and accents, in whole blocks. */
static bool is_left_out(uint32_t point)
{
    return (point >= 0x80 && point <= 0xbf) || (point >= 0x300 && point <= 0x37f) ||
           (point >= 0x2000 && point <= 0x203f) || (point >= 0x3000 && point <= 0x303f);
}

static uint32_t likeness_of_ascii(char byte)
{
    const char lower = pc_to_lower(byte);

    return !pc_is_alnum(byte) ? 0 : lower == 'l' || lower == '1' ? 'i' : lower == '0' ? 'o' : (uint32_t)lower;
}

static bool has_letter(const char *letters, uint32_t point)
{
    const size_t len = strlen(letters);

    for (size_t i = 0, taken = 1; i < len; i += taken) {
        if (pc_text_decode(letters + i, len - i, &taken) == point) {
            return true;
        }
    }
    return false;
}

uint32_t pc_text_likeness(uint32_t point)
{
    size_t taken = 0;

    if (point < 0x80) {
        return likeness_of_ascii((char)point);
    }
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (has_letter(rows[i].letters, point)) {
            return pc_text_decode(rows[i].likeness, strlen(rows[i].likeness), &taken);
        }
    }
    return is_left_out(point) ? 0 : point;
}

/* The next character that counts; 0 at the end. */
static uint32_t next(const char **cursor)
{
    uint32_t found = 0;

    while (**cursor && !found) {
        size_t taken = 1;

        found = pc_text_likeness(pc_text_decode(*cursor, strlen(*cursor), &taken));
        *cursor += taken;
    }
    return found;
}

bool pc_text_alike(const char *left, const char *right)
{
    uint32_t one = 0;
    uint32_t other = 0;

    do {
        one = next(&left);
        other = next(&right);
    } while (one && one == other);
    return one == other;
}
