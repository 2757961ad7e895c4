/* What the interpreter's archive wants of its platform, for boards that bring no SDK: its log goes nowhere. */
#include <cstdarg>
#include <cstddef>

#include "tensorflow/lite/micro/debug_log.h"

extern "C" void DebugLog(const char*, va_list)
{
}

extern "C" int DebugVsnprintf(char*, size_t, const char*, va_list)
{
    return 0;
}

/* The C library's own would bring stdio and a heap along. What ends here ends as a fault that the host is told of. */
[[noreturn]] static void trap()
{
    __builtin_trap();
}

extern "C" [[noreturn]] void abort()
{
    trap();
}

extern "C" [[noreturn]] void __assert_func(const char*, int, const char*, const char*)
{
    trap();
}

extern "C" void __cxa_pure_virtual()
{
    trap();
}

void operator delete(void*) noexcept
{
}

void operator delete(void*, std::size_t) noexcept
{
}
