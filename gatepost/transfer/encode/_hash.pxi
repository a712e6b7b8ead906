"""PostgreSQL's hash functions with the seed 0: Bob Jenkins' lookup3 (src/common/hashfn.c, hashfunc.c)."""

cdef inline uint32_t turned(uint32_t word, int bits) noexcept nogil:
    return (word << bits) | (word >> (32 - bits))


cdef inline uint64_t finished(uint32_t a, uint32_t b, uint32_t c) noexcept nogil:
    c ^= b; c -= turned(b, 14)
    a ^= c; a -= turned(c, 11)
    b ^= a; b -= turned(a, 25)
    c ^= b; c -= turned(b, 16)
    a ^= c; a -= turned(c, 4)
    b ^= a; b -= turned(a, 14)
    c ^= b; c -= turned(b, 24)
    return (<uint64_t>b << 32) | c


cdef uint64_t hash_of_octets(const unsigned char* data, size_t size) noexcept nogil:
    """Hash text, uuid and float8."""
    cdef uint32_t a = <uint32_t>(0x9E3779B9u + 3923095u + <uint32_t>size)
    cdef uint32_t b = a, c = a
    cdef uint32_t words[3]
    cdef unsigned char tail[12]
    while size >= 12:
        memcpy(words, data, 12)
        a += words[0]; b += words[1]; c += words[2]
        a -= c; a ^= turned(c, 4); c += b
        b -= a; b ^= turned(a, 6); a += c
        c -= b; c ^= turned(b, 8); b += a
        a -= c; a ^= turned(c, 16); c += b
        b -= a; b ^= turned(a, 19); a += c
        c -= b; c ^= turned(b, 4); b += a
        data += 12
        size -= 12
    words[0] = words[1] = words[2] = 0
    memcpy(words, data, size)
    # The lowest byte of the third word is the length's.
    return finished(a + words[0], b + words[1], c + (words[2] << 8))


cdef inline uint64_t hash_of_word(uint32_t word) noexcept nogil:
    """Hash int2, int4, bool and date."""
    cdef uint32_t begin = <uint32_t>(0x9E3779B9u + 3923095u + 4u)
    return finished(begin + word, begin, begin)


cdef inline uint64_t hash_of_long(int64_t number) noexcept nogil:
    """Hash int8, time and both kinds of moments; small ones hash as int4 does."""
    cdef uint32_t low = <uint32_t>number, high = <uint32_t>(<uint64_t>number >> 32)
    return hash_of_word(low ^ (high if number >= 0 else ~high))
