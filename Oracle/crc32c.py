"""CRC-32C (Castagnoli), vectorised over many stretches of the message."""

import numpy as np

POLYNOMIAL = 0x82F63B78  # reflected


def _make_table():
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)


TABLE = _make_table()


def crc32c_plain(data):
    """The definition, a byte at a time."""
    table = TABLE.tolist()
    crc = 0xFFFFFFFF
    for byte in bytes(data):
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc32c(data):
    """CRC-32C of bytes. A CRC that starts at 0 is linear and ignores zeros in front. So the initial value is added to
    the first four bytes, zeros are put in front, all rows advance together, and the rows are joined by the
    linear map "advance over one row of zeros", which 32 more lanes find on the way."""
    message = np.frombuffer(bytes(data), dtype=np.uint8)
    if message.size < 4096:
        return crc32c_plain(data)
    rows = max(16, int(message.size ** 0.5) // 2)
    length = -(-message.size // rows)
    padded = np.zeros(rows * length, dtype=np.uint8)
    start = padded.size - message.size
    padded[start:] = message
    padded[start:start + 4] ^= 0xFF

    lanes = np.zeros((length, rows + 32), dtype=np.uint8)
    lanes[:, :rows] = padded.reshape(rows, length).T
    state = np.zeros(rows + 32, dtype=np.uint32)
    state[rows:] = np.uint32(1) << np.arange(32, dtype=np.uint32)
    for column in lanes:
        state = TABLE[(state ^ column) & 0xFF] ^ (state >> 8)

    images_of_bits = state[rows:].tolist()
    crc = 0
    for row in state[:rows].tolist():
        advanced = 0
        for bit, image in enumerate(images_of_bits):
            if crc >> bit & 1:
                advanced ^= image
        crc = advanced ^ row
    return crc ^ 0xFFFFFFFF
