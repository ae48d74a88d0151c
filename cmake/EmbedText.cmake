# SPDX-License-Identifier: Apache-2.0
# Run with `cmake -DOUT=FILE.c -DHEADER=HEADER -DTEXTS=NAME=FILE,NAME=FILE -P`: writes text files as C strings.
set(code "#include \"${HEADER}\"\n")
string(REPLACE "," ";" texts "${TEXTS}")
foreach(text IN LISTS texts)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${text}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND code "\nconst char ${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE "${OUT}" "${code}")
