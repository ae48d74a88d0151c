/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_PROFILE_PROBE_H
#define PC_POLICY_PROFILE_PROBE_H

#define PC_PROBE_SOURCE(place)    " (PKCS#11 Base Specification Version 2.40, " place ")"
#define PC_PROBE_FOOTNOTE(number) PC_PROBE_SOURCE("common footnotes for object attribute tables, " number)

/* Rows for a profile that evaluates what a token did when its flags were tested (`check --probe`). */
#define PC_PROFILE_PROBE_ROWS \
    { "PROBE-READ", PC_SEVERITY_ERROR, \
      "The private value is not revealed if CKA_SENSITIVE is true or CKA_EXTRACTABLE is false" PC_PROBE_FOOTNOTE("7"), \
      NULL }, \
        { "PROBE-WRAP", PC_SEVERITY_ERROR, \
          "A key of which CKA_EXTRACTABLE is false is not wrapped" PC_PROBE_SOURCE("C_WrapKey"), NULL }, \
        { "PROBE-COPY", PC_SEVERITY_ERROR, \
          "Copying must not make it possible to change what cannot be changed" PC_PROBE_SOURCE("C_CopyObject"), \
          NULL }, \
        { "PROBE-SET-EXTRACTABLE", PC_SEVERITY_ERROR, \
          "CKA_EXTRACTABLE cannot be changed once it is false" PC_PROBE_FOOTNOTE("12"), NULL }, \
        { "PROBE-SET-SENSITIVE", PC_SEVERITY_ERROR, \
          "CKA_SENSITIVE cannot be changed once it is true" PC_PROBE_FOOTNOTE("11"), NULL }, \
    { \
        "PROBE-SET-UNWRAP", PC_SEVERITY_WARNING, \
            "A key of which CKA_MODIFIABLE is false is not modified" PC_PROBE_SOURCE("section 4.4"), NULL \
    }

#endif
