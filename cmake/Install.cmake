# SPDX-License-Identifier: Apache-2.0
# Where `cmake --install` puts each file, and the files with which other projects find the library.
include(CMakePackageConfigHelpers)

install(TARGETS p11cert EXPORT p11cert-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT Development)
if(P11CERT_ENGINE)
  install(TARGETS p11cert-lens LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/p11cert)
endif()
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
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/completions/p11cert
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/completions
  COMMAND ${CMAKE_COMMAND} -E cat ${PROJECT_SOURCE_DIR}/src/cli/pages/p11cert.bash ${written}/p11cert-cases.bash
    >${PROJECT_BINARY_DIR}/completions/p11cert
  DEPENDS src/cli/pages/p11cert.bash ${written}/p11cert-cases.bash)
add_custom_target(completions ALL DEPENDS ${PROJECT_BINARY_DIR}/completions/p11cert)
install(FILES ${PROJECT_BINARY_DIR}/completions/p11cert DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

# Man pages, if scdoc is installed; without it the sources can be read as they are. What several pages share is in
# docs/man/parts, what the program's tables say is written when it is built, and cmake/expand-page fills both in.
find_program(SCDOC scdoc)
if(SCDOC)
  file(GLOB pages CONFIGURE_DEPENDS docs/man/*.scd)
  file(GLOB parts CONFIGURE_DEPENDS docs/man/parts/*.scd)
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME_WLE)
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
      COMMAND sh -c "\"$1\" \"$2\" \"$4\" \"$5\" >\"$3.scd\" && ${SCDOC} <\"$3.scd\" >\"$3\""
        sh ${PROJECT_SOURCE_DIR}/cmake/expand-page ${page} ${PROJECT_BINARY_DIR}/man/${name} ${written}
        ${CMAKE_INSTALL_FULL_DOCDIR}
      DEPENDS ${page} ${parts} ${written}/p11cert-cases.bash cmake/expand-page VERBATIM)
    list(APPEND man_pages ${PROJECT_BINARY_DIR}/man/${name})
  endforeach()
  add_custom_target(man ALL DEPENDS ${man_pages})
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# The documents that the man pages refer to.
file(GLOB documents CONFIGURE_DEPENDS docs/*.md docs/*.svg)
install(FILES ${documents} NEWS.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_file(cmake/p11cert.pc.in ${PROJECT_BINARY_DIR}/p11cert.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/p11cert.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Runs `renew --due` once a day (p11cert-renew(1)).
option(P11CERT_SYSTEMD "Install the units for systemd" ON)
if(P11CERT_SYSTEMD)
  # The unit names the program by its full path, and `cmake --install --prefix` may still change that: only the
  # installation knows it.
  set(service ${PROJECT_BINARY_DIR}/systemd/p11cert-renew.service)
  install(CODE "
    set(P11CERT_PROGRAM \"${CMAKE_INSTALL_BINDIR}/p11cert\")
    cmake_path(ABSOLUTE_PATH P11CERT_PROGRAM BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
    configure_file(\"${PROJECT_SOURCE_DIR}/scripts/systemd/p11cert-renew.service.in\" \"${service}\" @ONLY)")
  install(FILES ${service} scripts/systemd/p11cert-renew.timer DESTINATION lib/systemd/system)
endif()
