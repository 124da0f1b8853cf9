# Drivers in which one rule is broken: one source with one text replaced, made when CMake runs, everything else as it is
# shipped. A text that is not there any more is an error: then the rule is kept elsewhere.
#
# FRESHREAD_BROKEN_DRIVERS: name=path of each.
set(FRESHREAD_BROKEN_DRIVERS "")
# freshread_break(NAME [SOURCE TEXT BY]...), each source once.
function(freshread_break name)
    set(paths "")
    math(EXPR last "${ARGC} - 2")
    foreach(at RANGE 0 ${last} 3)
        math(EXPR text_at "${at} + 2")
        math(EXPR by_at "${at} + 3")
        math(EXPR source_at "${at} + 1")
        set(source "${ARGV${source_at}}")
        set(text "${ARGV${text_at}}")
        set(by "${ARGV${by_at}}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
        file(READ ${PROJECT_SOURCE_DIR}/${source} whole)
        string(FIND "${whole}" "${text}" found)
        if(found EQUAL -1)
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
        list(APPEND paths ${path})
        get_filename_component(folder ${source} DIRECTORY)
        set_source_files_properties(${PROJECT_SOURCE_DIR}/${source} TARGET_DIRECTORY freshread_${folder}
            PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endforeach()
    # What the sources define is not taken from the library any more; so they are of routing/ or state/, and compiled alone.
    add_library(broken_${name} MODULE ${paths})
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
# With writers that are slow between asking for their position and storing it, as any may be.
freshread_break(last_writer_wins
    state/user_bucket.cpp
    "std::max(have, std::pair(position.timeline, position.lsn));"
    "(static_cast<void>(have), std::pair(position.timeline, position.lsn));"
    state/user_marks.cpp
    "    constexpr std::uint64_t kNoMark = 0;"
    "    constexpr std::uint64_t kNoMark = 0;
    thread_local unsigned written = 0;
    constexpr timespec kLong{0, 100'000'000};
    if (++written % 8 == 0) nanosleep(&kLong, nullptr);")
# With a server that crashes and has less replayed when it is back, while nobody samples.
freshread_break(sample_of_before_the_connection
    state/sample.cpp
    "return instance == running && after(opened);"
    "return static_cast<void>(opened), instance == running;")
