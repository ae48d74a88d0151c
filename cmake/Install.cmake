# SPDX-License-Identifier: Apache-2.0
# Where `cmake --install` puts each file, and the files with which other projects find the library.
include(CMakePackageConfigHelpers)

install(TARGETS p11cert EXPORT p11cert-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT Development)
install(TARGETS p11cert-lens p11cert-curl p11cert-gssapi p11cert-libxml2 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/p11cert/${P11CERT_SOVERSION})
install(TARGETS p11cert-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/p11cert DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

install(EXPORT p11cert-targets NAMESPACE p11cert:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/p11cert)
configure_package_config_file(cmake/p11cert-config.cmake.in ${PROJECT_BINARY_DIR}/p11cert-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/p11cert)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/p11cert-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/p11cert-config.cmake ${PROJECT_BINARY_DIR}/p11cert-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/p11cert)

# What is known of verbs and options, from the program's own tables: parts of the man pages, and completion.
set(written ${PROJECT_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${written}/p11cert-cases.bash
  COMMAND ${CMAKE_COMMAND} -E make_directory ${written}
  COMMAND p11cert-pages ${written}
  DEPENDS p11cert-pages VERBATIM)
# shell;file;folder of its completions
foreach(shell IN ITEMS "bash;p11cert;bash-completion/completions" "zsh;_p11cert;zsh/site-functions"
    "fish;p11cert.fish;fish/vendor_completions.d")
  list(GET shell 0 language)
  list(GET shell 1 name)
  list(GET shell 2 folder)
  set(completion ${PROJECT_BINARY_DIR}/completions/${name})
  add_custom_command(OUTPUT ${completion}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completions
    COMMAND ${CMAKE_COMMAND} -E cat ${PROJECT_SOURCE_DIR}/src/cli/pages/p11cert.${language}
      ${written}/p11cert-cases.${language} >${completion}
    DEPENDS src/cli/pages/p11cert.${language} ${written}/p11cert-cases.bash)
  list(APPEND completions ${completion})
  install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endforeach()
add_custom_target(completions ALL DEPENDS ${completions})

# Man pages, if scdoc is installed; without it the sources can be read as they are. What several pages share is in
# docs/man/parts, what the program's tables say is written when it is built, and cmake/make-page fills both in. A page of
# section 7 contains a document: NAME-document.scd is docs/NAME.md.
find_program(SCDOC scdoc)
if(SCDOC)
  file(GLOB containing CONFIGURE_DEPENDS docs/man/*.7.scd)
  foreach(page IN LISTS containing)
    file(STRINGS ${page} line REGEX "^@include .*-document@$")
    string(REGEX REPLACE "^@include (.*)-document@$" "\\1" document "${line}")
    if(NOT document)
      continue()
    endif()
    add_custom_command(OUTPUT ${written}/${document}-document.scd
      COMMAND ${CMAKE_COMMAND} -E make_directory ${written}
      COMMAND sh -c "\"$1\" \"$2\" >\"$3\"" sh ${PROJECT_SOURCE_DIR}/cmake/markdown-to-page
        ${PROJECT_SOURCE_DIR}/docs/${document}.md ${written}/${document}-document.scd
      DEPENDS docs/${document}.md cmake/markdown-to-page VERBATIM)
    list(APPEND written_documents ${written}/${document}-document.scd)
  endforeach()
  file(GLOB pages CONFIGURE_DEPENDS docs/man/*.scd)
  file(GLOB parts CONFIGURE_DEPENDS docs/man/parts/*.scd)
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME_WLE)
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
      COMMAND ${PROJECT_SOURCE_DIR}/cmake/make-page ${SCDOC} ${page} ${written} ${PROJECT_BINARY_DIR}/man/${name}
      DEPENDS ${page} ${parts} ${written_documents} ${written}/p11cert-cases.bash cmake/expand-page cmake/make-page VERBATIM)
    list(APPEND man_pages ${PROJECT_BINARY_DIR}/man/${name})
  endforeach()
  add_custom_target(man ALL DEPENDS ${man_pages})
  foreach(page IN LISTS man_pages)
    string(REGEX MATCH "[1-8]$" section ${page})
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
endif()

# The documents, for people who prefer them to man pages.
file(GLOB documents CONFIGURE_DEPENDS docs/*.md docs/*.svg)
install(FILES ${documents} NEWS.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ceremonies docs/how-to DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docs/examples/new-scom-template.ps1 DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/p11cert FILES_MATCHING PATTERN "*.json")

configure_file(cmake/p11cert.pc.in ${PROJECT_BINARY_DIR}/p11cert.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/p11cert.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Run `renew --due` (p11cert-renew(1)) and `enroll --auto` (p11cert-enroll(1)).
option(P11CERT_SYSTEMD "Install the units for systemd" ON)
if(P11CERT_SYSTEMD)
  # The units name the program by its full path, and `cmake --install --prefix` may still change that: only the
  # installation knows it.
  set(units ${PROJECT_BINARY_DIR}/systemd)
  install(CODE "
    set(P11CERT_PROGRAM \"${CMAKE_INSTALL_BINDIR}/p11cert\")
    cmake_path(ABSOLUTE_PATH P11CERT_PROGRAM BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
    foreach(name renew enroll)
      configure_file(\"${PROJECT_SOURCE_DIR}/scripts/systemd/p11cert-\${name}.service.in\"
        \"${units}/p11cert-\${name}.service\" @ONLY)
    endforeach()")
  install(FILES ${units}/p11cert-renew.service ${units}/p11cert-enroll.service scripts/systemd/p11cert-renew.timer
    scripts/systemd/p11cert-enroll.timer DESTINATION lib/systemd/system)
  install(FILES scripts/systemd/p11cert.sysusers DESTINATION lib/sysusers.d RENAME p11cert.conf)
  install(FILES scripts/systemd/examples/renew.env scripts/systemd/examples/enroll.env scripts/systemd/examples/encrypted-pin.conf
    DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
endif()

# `cmake --build BUILD --target uninstall` removes what the last `cmake --install` of that folder wrote.
add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
  -P ${PROJECT_SOURCE_DIR}/cmake/Uninstall.cmake VERBATIM)

# `cpack --config BUILD/CPackConfig.cmake` makes p11cert-VERSION-SYSTEM.tar.gz; Debian's packages come from scripts/package. The
# archive contains the whole paths, below CMAKE_INSTALL_PREFIX: the unit names the program there.
# `cpack --config BUILD/CPackSourceConfig.cmake` makes p11cert-VERSION-Source.tar.gz of the source folder as it is.
set(CPACK_GENERATOR TGZ)
set(CPACK_SET_DESTDIR ON)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_IGNORE_FILES "/build/;/[.]git/;/[.]git$")
set(CPACK_PACKAGE_VENDOR "p11cert")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
include(CPack)
