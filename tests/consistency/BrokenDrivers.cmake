# Drivers in which one rule is broken: one source with one text replaced, made when CMake runs, everything else as it is
# shipped. A text that is not there any more is an error: then the rule is kept elsewhere.
#
# FRESHREAD_BROKEN_DRIVERS: name=path of each.
set(FRESHREAD_BROKEN_DRIVERS "")
function(freshread_break name source text by)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
    file(READ ${PROJECT_SOURCE_DIR}/${source} whole)
    string(FIND "${whole}" "${text}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "${source} no longer says what ${name} replaces: ${text}")
    endif()
    string(REPLACE "${text}" "${by}" broken "${whole}")
    get_filename_component(file ${source} NAME)
    set(path ${CMAKE_CURRENT_BINARY_DIR}/broken/${name}_${file})
    set(before "")
    if(EXISTS ${path})
        file(READ ${path} before)
    endif()
    if(NOT before STREQUAL broken)
        file(WRITE ${path} "${broken}")
    endif()
    # What the source defines is not taken from the library any more.
    add_library(broken_${name} MODULE ${path})
    target_link_libraries(broken_${name} PRIVATE freshread_driver freshread_warnings ${CMAKE_DL_LIBS})
    target_link_options(broken_${name} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/driver/exports.map
        -Wl,-Bsymbolic -Wl,-z,nodelete -Wl,-z,now -Wl,--exclude-libs,ALL -Wl,--as-needed -Wl,-z,defs)
    set(FRESHREAD_BROKEN_DRIVERS ${FRESHREAD_BROKEN_DRIVERS} ${name}=$<TARGET_FILE:broken_${name}> PARENT_SCOPE)
endfunction()

freshread_break(entries_expire_by_time state/user_bucket.cpp
    "return entry.marks.empty() && entry.pinned_until < now &&"
    "return entry.marks.empty() || now == BootTime(0) ||")
# Long before it.
freshread_break(position_before_the_commit state/user_bucket.cpp
    "std::max(have, std::pair(position.timeline, position.lsn));"
    "std::max(have, std::pair(position.timeline, position.lsn / 2));")
