# FRESHREAD_PRECOMPILED_HEADERS: the headers that most files include are parsed once, and several files are compiled as one
# (so no two files of a folder have something of the same name to themselves). For builds of everything from nothing
# (tests/run without ccache, which does not keep what is compiled so). What is shipped has the headers precompiled only
# with sanitizers: elsewhere GCC 12 forgets that the standard library's are the system's, and warns of them.
option(FRESHREAD_PRECOMPILED_HEADERS "Parse common headers once" OFF)

# The test programs of the folders given: those with GoogleTest share one, and the others another. Called in the folder
# whose options they are compiled with.
function(freshread_precompile_tests)
    if(NOT FRESHREAD_PRECOMPILED_HEADERS)
        return()
    endif()
    foreach(kind tests standard)
        add_executable(${kind}_precompiled ${PROJECT_SOURCE_DIR}/cmake/precompiled/nothing.cpp)
        target_link_libraries(${kind}_precompiled PRIVATE freshread_warnings)
        target_include_directories(${kind}_precompiled PRIVATE ${PROJECT_SOURCE_DIR})
        target_precompile_headers(${kind}_precompiled PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${kind}.h)
    endforeach()
    target_link_libraries(tests_precompiled PRIVATE GTest::gtest)
    foreach(folder ${ARGN})
        get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
        foreach(target ${targets})
            get_target_property(type ${target} TYPE)
            if(type STREQUAL "EXECUTABLE")
                get_target_property(libraries ${target} LINK_LIBRARIES)
                if(libraries MATCHES "GTest::")
                    target_precompile_headers(${target} REUSE_FROM tests_precompiled)
                else()
                    target_precompile_headers(${target} REUSE_FROM standard_precompiled)
                endif()
            endif()
        endforeach()
    endforeach()
endfunction()

# Libraries of what is shipped.
function(freshread_precompile)
    if(FRESHREAD_PRECOMPILED_HEADERS AND FRESHREAD_SANITIZE)
        foreach(target ${ARGN})
            target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/standard.h)
        endforeach()
    endif()
    freshread_compile_as_one(${ARGN})
endfunction()

# Targets of which several files are compiled as one.
function(freshread_compile_as_one)
    if(FRESHREAD_PRECOMPILED_HEADERS)
        set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
    endif()
endfunction()
