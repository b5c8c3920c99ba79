//! Pseudo-random numbers from a seed, the same on every machine. Jitter, the faults of the emulator and
//! the simulations use them. They are not fit for secrets.

/// The next number of SplitMix64, whose state is any number.
pub fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn the_numbers_are_those_of_the_reference() {
    let mut state = 1_234_567;
    let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!(expected.map(|_| split_mix(&mut state)), expected);
}
