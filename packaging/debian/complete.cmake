# Run by CPack between staging and packing: what a Debian package has and an ordinary installation does not.
# Debian keeps manual pages compressed.
set(page ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man1/freshread.1)
execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
set(folder ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/odbc-freshread)
file(MAKE_DIRECTORY ${folder})
file(COPY ${CPACK_FRESHREAD_SOURCE_DIR}/packaging/debian/copyright DESTINATION ${folder}
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
foreach(pair "packaging/debian/changelog;changelog.Debian.gz" "CHANGELOG.md;changelog.gz")
    list(GET pair 0 source)
    list(GET pair 1 target)
    execute_process(COMMAND gzip -9nc ${CPACK_FRESHREAD_SOURCE_DIR}/${source}
                    OUTPUT_FILE ${folder}/${target} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
