# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows to COPY's binary format, with the fingerprint that `expression.fingerprint` has the server compute.

This is what `copy_text.py` and the fast casts do, for plain values, in one pass over a batch: each value is read
once, written once and hashed once. Whatever is not plain is left alone, and `copy_binary.py` takes the rules of the casts
to it. The hash is PostgreSQL's: Bob Jenkins' lookup3 (src/common/hashfn.c).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.object cimport PyObject
from cpython.sequence cimport PySequence_Fast_ITEMS
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_GET_LENGTH
from libc.stdint cimport INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from cpython.ref cimport Py_XDECREF
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcmp, memcpy

cdef extern from "Python.h":
    PyObject* new_bytes "PyBytes_FromStringAndSize"(const char* data, Py_ssize_t size) except NULL
    int resize_bytes "_PyBytes_Resize"(PyObject** bytes, Py_ssize_t size) except -1
    unsigned char* bytes_of "PyBytes_AS_STRING"(PyObject* bytes)

cdef struct Buffer:
    # The bytes that are returned in the end, so that nothing large is copied.
    PyObject* owner
    unsigned char* data
    size_t size
    size_t room


cdef int reserve(Buffer* into, size_t more) except -1:
    cdef size_t wanted = into.size + more
    if wanted > into.room:
        wanted += wanted // 2
        if into.owner == NULL:
            into.owner = new_bytes(NULL, wanted)
        else:
            resize_bytes(&into.owner, wanted)
        into.data = bytes_of(into.owner)
        into.room = wanted
    return 0


cdef int put(Buffer* into, const void* data, size_t size) except -1:
    reserve(into, size)
    memcpy(into.data + into.size, data, size)
    into.size += size
    return 0


cdef int put_number(Buffer* into, uint64_t number, int size) except -1:
    """Write the lowest bytes of a number, the highest of them first."""
    cdef int place
    reserve(into, size)
    for place in range(size):
        into.data[into.size + place] = <uint8_t>(number >> (8 * (size - 1 - place)))
    into.size += size
    return 0


include "_hash.pxi"
include "_values.pxi"
include "_documents.pxi"


cdef int put_value(Buffer* into, object value, int kind, Py_ssize_t limit, uint64_t* hashed) except -1:
    if kind == c"t":
        return put_text(into, value, limit, hashed)
    if kind == c"d":
        return put_float(into, value, hashed)
    if kind == c"m":
        return put_moment(into, value, hashed)
    if kind == c"y":
        return put_date(into, value, hashed)
    if kind == c"o":
        return put_octets(into, value, hashed)
    if kind == c"u":
        return put_uuid(into, value, hashed)
    if kind == c"j":
        return put_document(into, value, hashed)
    if kind == c"x":
        return put_told(into, value, hashed)
    return put_integer(into, value, kind, hashed)


def encode(columns, bytes kinds, limits, Py_ssize_t count):
    """Return so many rows in COPY's binary format, without header and trailer.

    Args:
        columns: The values, a list or a tuple for each column.
        kinds: What each column's values are, a letter each: `h`, `i` and `q` for integers of 2, 4 and 8 bytes, `b` for
            truth values, `d` for floats, `t` for texts, `m` for moments, `y` for dates, `u` for UUIDs, `j` for jsonb,
            `o` for bytes, and `x` for pairs of the bytes to send and those that PostgreSQL prints. A capital letter takes no NULL.
        limits: How many characters each column's texts may have; -1 is any number.
        count: The number of rows.

    Returns:
        The bytes, the sum of the fingerprints of the rows, and the NULLs of each column; or the place of the column
        that holds something else than plain values of its kind.
    """
    cdef Py_ssize_t width = len(columns), row, place
    cdef const unsigned char* letters = <const unsigned char*>PyBytes_AS_STRING(kinds)
    cdef PyObject*** values = <PyObject***>malloc(width * sizeof(void*))
    cdef Py_ssize_t* most = <Py_ssize_t*>malloc(width * sizeof(Py_ssize_t))
    cdef int64_t* nulls = <int64_t*>malloc(width * sizeof(int64_t))
    cdef Buffer into
    cdef uint64_t total, hashed, low = 0
    cdef int64_t high = 0, last
    cdef PyObject* value
    into.owner, into.data, into.size, into.room = NULL, NULL, 0, 0
    try:
        if values == NULL or most == NULL or nulls == NULL or len(kinds) != width:
            raise MemoryError
        for place in range(width):
            if type(columns[place]) not in (list, tuple) or len(columns[place]) != count:
                raise ValueError("a column is a list or a tuple of as many values as there are rows")
            values[place] = PySequence_Fast_ITEMS(columns[place])
            most[place] = limits[place]
            nulls[place] = 0
        for row in range(count):
            put_number(&into, <uint64_t>width, 2)
            total = 0
            for place in range(width):
                value = values[place][row]
                hashed = 0
                if <object>value is None:
                    if letters[place] < c"a":
                        return place
                    put_number(&into, <uint64_t>-1, 4)
                    nulls[place] += 1
                elif not put_value(&into, <object>value, letters[place] | 0x20, most[place], &hashed):
                    return place
                total = total * 31 + hashed
            last = <int64_t>hash_of_long(<int64_t>total)
            # In two halves, since the sum of many has more than 64 bits.
            high += last >> 32
            low += <uint64_t>last & 0xFFFFFFFFu
        found = b""
        if into.owner != NULL:
            resize_bytes(&into.owner, into.size)
            found = <object>into.owner
        return found, (int(high) << 32) + int(low), tuple([nulls[place] for place in range(width)])
    finally:
        Py_XDECREF(into.owner)
        free(values)
        free(most)
        free(nulls)
