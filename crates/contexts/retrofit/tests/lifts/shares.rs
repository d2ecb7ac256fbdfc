//! Shares, whatever the scheme is: exact to the fen, fair to the fen.

use linli_kernel::Area;
use linli_retrofit::model::By;
use linli_retrofit::rules::shares::{Part, ShareError, Sharer, scheme, share};
use proptest::prelude::*;

use crate::house::usual;

proptest! {
    /// The shares of any weights sum to the amount, none is more than a fen from its exact part, and a larger weight never pays less.
    #[test]
    fn nobody_is_a_fen_off(amount in 0_i64..2_000_000_000_000, weights in proptest::collection::vec(0_i64..5_000_000, 1..60)) {
        let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        match share(amount, &weights) {
            Err(ShareError::NoWeight) => prop_assert_eq!(sum, 0),
            Err(other) => prop_assert!(false, "{}", other),
            Ok(shares) => {
                prop_assert_eq!(shares.iter().map(|share| i128::from(*share)).sum::<i128>(), i128::from(amount));
                for (share, weight) in shares.iter().zip(&weights) {
                    let off = i128::from(*share) * sum - i128::from(amount) * i128::from(*weight);
                    prop_assert!(off.abs() < sum, "within a fen");
                    prop_assert!(*weight > 0 || *share == 0, "who has no weight pays nothing");
                }
                for (one, weight) in shares.iter().zip(&weights) {
                    for (other, lighter) in shares.iter().zip(&weights) {
                        prop_assert!(weight <= lighter || one >= other);
                    }
                }
            }
        }
    }

    /// Of the fen that are left the largest remainders get one each: against sorting all remainders.
    #[test]
    fn the_largest_remainders_get_the_rest(amount in 1_i64..100_000, weights in proptest::collection::vec(1_i64..500, 1..25)) {
        let sum: i64 = weights.iter().sum();
        let mut expected: Vec<i64> = weights.iter().map(|weight| amount * weight / sum).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|at| (-(amount * weights[*at] % sum), *at));
        let left = usize::try_from(amount - expected.iter().sum::<i64>()).unwrap();
        order.into_iter().take(left).for_each(|at| expected[at] += 1);
        prop_assert_eq!(share(amount, &weights).unwrap(), expected);
    }

    /// A whole scheme: shares sum to the net cost, compensations to the pool, both together to what the subsidies leave.
    #[test]
    fn a_scheme_is_exact(
        (total, subsidy, outside) in (0_i64..100_000_000_000, 0_i64..5_000_000_000, 0_i64..5_000_000_000),
        floors in proptest::collection::vec((1_i64..9, 1_000_i64..20_000), 1..40),
        paid in 0_i64..10_000_000,
        by in proptest::sample::select(By::ALL),
        yearly in 0_i64..10_000_000,
    ) {
        let homes: Vec<Sharer> = floors.iter().map(|(floor, area)| Sharer { floor: *floor, area: Some(Area(*area)) }).collect();
        let mut scheme_body = usual("随机");
        (scheme_body.total, scheme_body.subsidy, scheme_body.outside, scheme_body.by) = (total, subsidy, outside, by);
        (scheme_body.compensation, scheme_body.running) = (vec![(1, paid), (2, paid / 3)], yearly);
        match scheme(&scheme_body, &homes) {
            Ok(shared) => {
                prop_assert_eq!(shared.parts.iter().map(|part| part.share).sum::<i64>(), shared.net);
                prop_assert_eq!(shared.parts.iter().map(|part| part.compensation).sum::<i64>(), shared.pool);
                prop_assert_eq!(shared.parts.iter().map(Part::net).sum::<i64>(), total - subsidy - outside);
                prop_assert_eq!(shared.parts.iter().map(|part| part.yearly).sum::<i64>(), yearly + scheme_body.overhaul);
            }
            Err(ShareError::TooMuchSubsidy) => prop_assert!(subsidy + outside > total),
            Err(ShareError::NoWeight) => prop_assert!(homes.iter().all(|home| home.floor == 1 || home.floor > 6)),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
