# FRESHREAD_PRECOMPILED_HEADERS: the headers that most files include are parsed once. For builds of everything from nothing
# (tests/run without ccache, which does not keep what is compiled so). What is shipped is compiled so only with sanitizers:
# the other builds find an include that is missing.
option(FRESHREAD_PRECOMPILED_HEADERS "Parse common headers once" OFF)

# The test programs of the folders given, all with one. Called in the folder whose options they are compiled with.
function(freshread_precompile_tests)
    if(NOT FRESHREAD_PRECOMPILED_HEADERS)
        return()
    endif()
    add_executable(tests_precompiled ${PROJECT_SOURCE_DIR}/cmake/precompiled/nothing.cpp)
    target_link_libraries(tests_precompiled PRIVATE freshread_warnings GTest::gtest)
    target_include_directories(tests_precompiled PRIVATE ${PROJECT_SOURCE_DIR})
    target_precompile_headers(tests_precompiled PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/tests.h)
    foreach(folder ${ARGN})
        get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
        foreach(target ${targets})
            get_target_property(type ${target} TYPE)
            if(type STREQUAL "EXECUTABLE")
                target_precompile_headers(${target} REUSE_FROM tests_precompiled)
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
endfunction()
