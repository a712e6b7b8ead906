"""Plain values: each function returns 1, or 0 for a value that is to be left to the rules of the casts."""

cdef int put_integer(Buffer* into, object value, int kind, uint64_t* hashed) except -1:
    cdef int overflow = 0
    cdef int64_t number
    if type(value) is not int:
        return 0
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow:
        return 0
    if kind == c"q":
        put_number(into, 8, 4)
        put_number(into, <uint64_t>number, 8)
        hashed[0] = hash_of_long(number)
        return 1
    if kind == c"i" and INT32_MIN <= number <= INT32_MAX:
        put_number(into, 4, 4)
        put_number(into, <uint64_t>number, 4)
    elif kind == c"h" and INT16_MIN <= number <= INT16_MAX:
        put_number(into, 2, 4)
        put_number(into, <uint64_t>number, 2)
    elif kind == c"b" and 0 <= number <= 1:
        put_number(into, 1, 4)
        put_number(into, <uint64_t>number, 1)
    else:
        return 0
    hashed[0] = hash_of_word(<uint32_t>number)
    return 1


cdef int put_float(Buffer* into, object value, uint64_t* hashed) except -1:
    cdef double number
    cdef uint64_t bits
    if type(value) is not float:
        return 0
    number = PyFloat_AS_DOUBLE(value)
    memcpy(&bits, &number, 8)
    put_number(into, 8, 4)
    put_number(into, bits, 8)
    # Both zeros are one value.
    hashed[0] = 0 if number == 0 else hash_of_octets(<unsigned char*>&number, 8)
    return 1


cdef int put_text(Buffer* into, object value, Py_ssize_t limit, uint64_t* hashed) except -1:
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    if data == NULL or (0 <= limit < PyUnicode_GET_LENGTH(value)) or memchr(data, 0, size) != NULL:
        return 0
    put_number(into, <uint64_t>size, 4)
    put(into, data, size)
    hashed[0] = hash_of_octets(<const unsigned char*>data, size)
    return 1


cdef int put_octets(Buffer* into, object value, uint64_t* hashed) except -1:
    cdef Py_ssize_t size
    if type(value) is not bytes:
        return 0
    size = PyBytes_GET_SIZE(value)
    put_number(into, <uint64_t>size, 4)
    put(into, PyBytes_AS_STRING(value), size)
    hashed[0] = hash_of_printed(<const unsigned char*>PyBytes_AS_STRING(value), size)
    return 1


cdef const char* utf8(object value, Py_ssize_t* size) except? NULL:
    """Return the bytes of a text; NULL for what is no text, or holds half of a surrogate pair."""
    if type(value) is not str:
        return NULL
    try:
        return PyUnicode_AsUTF8AndSize(value, size)
    except UnicodeEncodeError:
        return NULL


cdef int put_uuid(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take the form with hyphens."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef unsigned char found[16]
    cdef int place, high, low, at = 0
    if data == NULL or size != 36:
        return 0
    for place in range(16):
        if at in (8, 13, 18, 23):
            if data[at] != c"-":
                return 0
            at += 1
        high, low = nibble(data[at]), nibble(data[at + 1])
        if high < 0 or low < 0:
            return 0
        found[place] = <unsigned char>(high * 16 + low)
        at += 2
    put_number(into, 16, 4)
    put(into, found, 16)
    hashed[0] = hash_of_octets(found, 16)
    return 1


cdef inline int nibble(char sign) noexcept nogil:
    if c"0" <= sign <= c"9":
        return sign - c"0"
    if c"a" <= sign <= c"f":
        return sign - c"a" + 10
    if c"A" <= sign <= c"F":
        return sign - c"A" + 10
    return -1


cdef int put_moment(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take `YYYY-MM-DD HH:MM:SS` with up to six digits more, a `T` for the blank, and UTC if it is given."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef int hour, minute, second, part
    cdef int64_t days, micros
    if data == NULL or size < 19 or not day_of(data, &days):
        return 0
    if data[10] not in (c" ", c"T") or data[13] != c":" or data[16] != c":":
        return 0
    hour, minute, second = digits(data + 11, 2), digits(data + 14, 2), digits(data + 17, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return 0
    part = fraction(data + 19, size - 19)
    if part < 0:
        return 0
    micros = (days * 86400 + hour * 3600 + minute * 60 + second) * 1000000 + part
    put_number(into, 8, 4)
    put_number(into, <uint64_t>micros, 8)
    hashed[0] = hash_of_long(micros)
    return 1


cdef int put_date(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take `YYYY-MM-DD`."""
    cdef Py_ssize_t size
    cdef const char* data = utf8(value, &size)
    cdef int64_t days
    if data == NULL or size != 10 or not day_of(data, &days):
        return 0
    put_number(into, 4, 4)
    put_number(into, <uint64_t>days, 4)
    hashed[0] = hash_of_word(<uint32_t>days)
    return 1


cdef int day_of(const char* data, int64_t* days) noexcept nogil:
    """Read the ten signs of a date, and count from 2000 on; return 0 where there is no such day."""
    cdef int year = digits(data, 4), month = digits(data + 5, 2), day = digits(data + 8, 2)
    cdef int last = 31 - (month == 4 or month == 6 or month == 9 or month == 11), from_march
    if data[4] != c"-" or data[7] != c"-" or year < 1 or month < 1 or month > 12:
        return 0
    if month == 2:
        last = 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    if day < 1 or day > last:
        return 0
    # A year that begins in March has its leap day at the end.
    from_march = (month + 9) % 12
    if month <= 2:
        year -= 1
    days[0] = year * 365 + year // 4 - year // 100 + year // 400 + (from_march * 153 + 2) // 5 + day - 730426
    return 1


cdef int fraction(const char* data, Py_ssize_t size) noexcept nogil:
    """Read what follows the seconds: the microseconds, or -1 where that is something else."""
    cdef int count = 0, number = 0
    if size and data[0] == c".":
        while count + 1 < size and count < 6 and c"0" <= data[count + 1] <= c"9":
            number = number * 10 + data[count + 1] - c"0"
            count += 1
        if not count:
            return -1
        data += count + 1
        size -= count + 1
        while count < 6:
            number *= 10
            count += 1
    if size == 0 or (size == 1 and data[0] == c"Z") or (size == 6 and memcmp(data, b"+00:00", 6) == 0):
        return number
    return -1


cdef inline int digits(const char* data, int count) noexcept nogil:
    cdef int place, number = 0
    for place in range(count):
        if not (c"0" <= data[place] <= c"9"):
            return -1
        number = number * 10 + data[place] - c"0"
    return number


cdef int put_told(Buffer* into, object value, uint64_t* hashed) except -1:
    """Take a value that was encoded before: the bytes to send, and those that PostgreSQL would print."""
    sent, printed = value
    put_number(into, <uint64_t>PyBytes_GET_SIZE(sent), 4)
    put(into, PyBytes_AS_STRING(sent), PyBytes_GET_SIZE(sent))
    hashed[0] = hash_of_octets(<const unsigned char*>PyBytes_AS_STRING(printed), PyBytes_GET_SIZE(printed))
    return 1
