//! Which partition a key belongs to: murmur2, as the Java client and librdkafka's `murmur2_random` compute it.
//!
//! It is computed here and given to the producer, so that the driver without a broker, the embedded broker and
//! Apache Kafka put the same key into the same partition.

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;

/// The partition of `key` among `partitions` (at least one).
#[must_use]
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let count = u32::try_from(partitions.max(1)).unwrap_or(1);
    let positive = murmur2(key) & 0x7fff_ffff;
    i32::try_from(positive % count).unwrap_or(0)
}

/// 32-bit murmur2 with the seed of the Java client.
fn murmur2(data: &[u8]) -> u32 {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (place, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that the Java client's own unit test states.
    #[test]
    fn agrees_with_the_java_client() {
        let cases: [(&str, i32); 5] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ];
        for (key, expected) in cases {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), expected, "{key}");
        }
    }

    #[test]
    fn a_partition_is_always_in_range() {
        for partitions in [0, 1, 4, 64] {
            let partition = partition_of(b"eu-1", partitions);
            assert!((0..partitions.max(1)).contains(&partition), "{partition} of {partitions}");
        }
    }
}
