//! CRC-32C (Castagnoli), eight bytes at a time. Sums are chained: each frame is summed on from the sum of the one before it, so a
//! frame that a failed write left behind can never be taken for the continuation of another one.

/// The reflected Castagnoli polynomial.
const POLYNOMIAL: u32 = 0x82F6_3B78;

static TABLES: [[u32; 256]; 8] = tables();

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "runs while compiling, where an error stops the build")]
const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// The sum of `bytes`, going on from `before` (0 for none).
pub(crate) fn crc32c(before: u32, bytes: &[u8]) -> u32 {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = &TABLES;
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut sum = !before;
    for &[a, b, c, d, e, f, g, h] in eights {
        let [a, b, c, d] = (sum ^ u32::from_le_bytes([a, b, c, d])).to_le_bytes();
        sum = look(t7, a) ^ look(t6, b) ^ look(t5, c) ^ look(t4, d) ^ look(t3, e) ^ look(t2, f) ^ look(t1, g) ^ look(t0, h);
    }
    for &byte in rest {
        let [low, ..] = sum.to_le_bytes();
        sum = (sum >> 8) ^ look(t0, low ^ byte);
    }
    !sum
}

fn look(table: &[u32; 256], byte: u8) -> u32 {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn the_check_value_of_the_standard_comes_out() {
        assert_eq!(crc32c(0, b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(0, &[0; 32]), 0x8A91_36AA, "RFC 3720, appendix B.4");
        assert_eq!(crc32c(0, &[0xFF; 32]), 0x62A8_AB43, "RFC 3720, appendix B.4");
    }

    #[test]
    fn a_sum_in_two_parts_is_the_sum_of_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_003).collect();
        for cut in [0, 1, 7, 8, 9, 500, 1_003] {
            let (first, second) = bytes.split_at(cut);
            assert_eq!(crc32c(crc32c(0, first), second), crc32c(0, &bytes));
        }
    }
}
