//! Who pays what, to the fen (费用分摊). Pure and in whole numbers.
//!
//! net = total − subsidies − outside capital + what is paid to low floors; share = net × weight / sum of weights, rounded down, and the fen that are left go
//! one each to the largest remainders, of equal ones to the first. Without an agreement the law shares by area (民法典 art. 283).

use linli_kernel::Area;

use crate::model::{By, SchemeBody};

/// The most that a scheme may cost, fen: ten billion yuan.
pub const MOST: i64 = 1_000_000_000_000;

/// Why a cost cannot be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// There is nobody to share it.
    #[error("there is no home to share it")]
    NoHomes,
    /// A cost, subsidy or compensation below zero or beyond what is possible.
    #[error("{field}: an amount below zero or too large")]
    Amount {
        /// Which.
        field: &'static str,
    },
    /// Subsidies and capital are more than the cost.
    #[error("subsidies and outside capital are more than it costs")]
    TooMuchSubsidy,
    /// A coefficient below zero, or one of zero for all.
    #[error("the coefficients are zero for all, or one is below zero")]
    NoWeight,
    /// It is shared by area, and the area of a home is not known.
    #[error("the area of home {home} is not known")]
    NoArea {
        /// Which, from 0.
        home: usize,
    },
}

/// A home among those who share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharer {
    /// Its floor.
    pub floor: i64,
    /// Its area, where it is known.
    pub area: Option<Area>,
}

/// What a home pays and is paid, fen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// Its share of the net cost.
    pub share: i64,
    /// What it is paid.
    pub compensation: i64,
    /// Its share of running costs and overhaul, a year.
    pub yearly: i64,
}

impl Part {
    /// What it pays in the end; below zero, what it gets.
    #[must_use]
    pub const fn net(&self) -> i64 {
        self.share.saturating_sub(self.compensation)
    }
}

/// What a scheme means for each home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// What all of them have to bring together, fen.
    pub net: i64,
    /// What low floors are paid together, fen.
    pub pool: i64,
    /// Home by home, in the order of the sharers.
    pub parts: Vec<Part>,
}

/// Shares an amount by weights: exact to the fen for whatever weights, by the largest remainder.
///
/// # Errors
/// [`ShareError::NoHomes`], [`ShareError::Amount`] below zero, [`ShareError::NoWeight`] where no weight is above zero or one is below.
pub fn share(amount: i64, weights: &[i64]) -> Result<Vec<i64>, ShareError> {
    if weights.is_empty() {
        return Err(ShareError::NoHomes);
    }
    if amount < 0 {
        return Err(ShareError::Amount { field: "total" });
    }
    if weights.iter().any(|weight| *weight < 0) {
        return Err(ShareError::NoWeight);
    }
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return Err(ShareError::NoWeight);
    }
    // Amount and weight both fit in 63 bits, so the product fits in 127.
    let quotas = weights.iter().map(|weight| i128::from(amount) * i128::from(*weight));
    let (mut shares, mut left): (Vec<(i128, i128)>, i128) = (Vec::with_capacity(weights.len()), i128::from(amount));
    for quota in quotas {
        shares.push((quota / sum, quota % sum));
        left -= quota / sum;
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    // Stable: of equal remainders the first comes first.
    order.sort_by_key(|at| std::cmp::Reverse(shares.get(*at).map_or(0, |share| share.1)));
    for at in order {
        if left == 0 {
            break;
        }
        if let Some(share) = shares.get_mut(at) {
            share.0 += 1;
            left -= 1;
        }
    }
    shares.into_iter().map(|(share, _)| i64::try_from(share).map_err(|_| ShareError::Amount { field: "total" })).collect()
}

/// A value of a floor; a floor without one has none.
fn of_floor(table: &[(i64, i64)], floor: i64) -> i64 {
    table.iter().find(|(of, _)| *of == floor).map_or(0, |(_, value)| *value)
}

/// The weight of each home by a way of sharing.
///
/// # Errors
/// [`ShareError::NoArea`] where it is shared by area and one is not known; [`ShareError::NoWeight`] for a coefficient below zero.
pub fn weights(by: By, coefficients: &[(i64, i64)], homes: &[Sharer]) -> Result<Vec<i64>, ShareError> {
    /// Coefficients above a thousand are a slip of the pen.
    const MOST_COEFFICIENT: i64 = 1_000_000;
    if coefficients.iter().any(|(_, value)| !(0..=MOST_COEFFICIENT).contains(value)) {
        return Err(ShareError::NoWeight);
    }
    let weigh = |(at, home): (usize, &Sharer)| {
        let area = || home.area.filter(|area| (1..=100_000_000).contains(&area.0)).map(|area| area.0);
        let area = || area().ok_or(ShareError::NoArea { home: at });
        Ok(match by {
            By::Household => 1,
            By::Area => area()?,
            By::Coefficient => of_floor(coefficients, home.floor),
            By::CoefficientArea => of_floor(coefficients, home.floor).saturating_mul(area()?),
        })
    };
    homes.iter().enumerate().map(weigh).collect()
}

/// What a scheme means for each home: the shares sum to the net cost exactly, the compensations to the pool, and shares without compensations to what
/// the subsidies leave.
///
/// # Errors
/// What cannot be shared, with the field where there is one.
pub fn scheme(body: &SchemeBody, homes: &[Sharer]) -> Result<Shared, ShareError> {
    let amounts = [
        ("total", body.total),
        ("subsidy", body.subsidy),
        ("outside", body.outside),
        ("running", body.running),
        ("overhaul", body.overhaul),
        ("ride", body.ride),
    ];
    if let Some((field, _)) = amounts.iter().find(|(_, fen)| !(0..=MOST).contains(fen)) {
        return Err(ShareError::Amount { field });
    }
    if body.compensation.iter().any(|(_, fen)| !(0..=MOST).contains(fen)) {
        return Err(ShareError::Amount { field: "compensation" });
    }
    if homes.is_empty() {
        return Err(ShareError::NoHomes);
    }
    let paid: Vec<i64> = homes.iter().map(|home| of_floor(&body.compensation, home.floor)).collect();
    let pool =
        paid.iter().try_fold(0_i64, |sum, fen| sum.checked_add(*fen)).ok_or(ShareError::Amount { field: "compensation" })?;
    let left = body.total - body.subsidy - body.outside;
    if left < 0 {
        return Err(ShareError::TooMuchSubsidy);
    }
    let net = left.checked_add(pool).ok_or(ShareError::Amount { field: "compensation" })?;
    let weights = weights(body.by, &body.coefficients, homes)?;
    let shares = share(net, &weights)?;
    let yearly = share(body.running + body.overhaul, &weights)?;
    let parts = shares.into_iter().zip(paid).zip(yearly);
    let parts = parts.map(|((share, compensation), yearly)| Part { share, compensation, yearly }).collect();
    Ok(Shared { net, pool, parts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Fire, Operating};

    pub(super) fn body(total: i64, subsidy: i64) -> SchemeBody {
        SchemeBody {
            name: "甲".to_owned(),
            entry: Entry::HalfLanding,
            operating: Operating::Owned,
            pipes: Vec::new(),
            fire: Fire::Kept,
            note: String::new(),
            total,
            subsidy,
            outside: 0,
            by: By::Coefficient,
            coefficients: vec![(1, 0), (2, 500), (3, 1000), (4, 1300), (5, 1600), (6, 1900)],
            compensation: Vec::new(),
            running: 0,
            overhaul: 0,
            ride: 0,
            shaft: Vec::new(),
        }
    }

    fn homes() -> Vec<Sharer> {
        (1..=6).flat_map(|floor| [0, 1].map(|_| Sharer { floor, area: Some(Area(6_000)) })).collect()
    }

    /// The worked example of the field: 500,000 yuan, 100,000 of subsidy, six floors, two homes each.
    #[test]
    fn the_worked_example() {
        let shared = scheme(&body(50_000_000, 10_000_000), &homes()).unwrap();
        let column: Vec<i64> = shared.parts.iter().step_by(2).map(|part| part.share).collect();
        // To the fen: two more in all than the rounded figures would give, where the remainders are largest.
        assert_eq!(column.first(), Some(&0));
        let near = [0, 1_587_302, 3_174_603, 4_126_984, 5_079_365, 6_031_746];
        assert!(column.iter().zip(near).all(|(share, near)| (share - near).abs() <= 1), "{column:?}");
        assert_eq!(shared.parts.iter().map(|part| part.share).sum::<i64>(), 40_000_000);
    }

    #[test]
    fn who_is_paid_is_paid_by_the_others() {
        let mut paying = body(50_000_000, 10_000_000);
        paying.compensation = vec![(1, 1_000_000), (2, 300_000)];
        paying.running = 600_001;
        let shared = scheme(&paying, &homes()).unwrap();
        assert_eq!((shared.pool, shared.net), (2_600_000, 42_600_000));
        assert_eq!(shared.parts.iter().map(Part::net).sum::<i64>(), 40_000_000, "what the subsidy leaves");
        assert_eq!(shared.parts.iter().map(|part| part.yearly).sum::<i64>(), 600_001);
        assert_eq!(shared.parts.first().map(Part::net), Some(-1_000_000));
    }

    #[test]
    fn what_cannot_be_shared_is_refused_by_its_name() {
        let all = homes();
        let mut zero = body(100, 0);
        zero.coefficients = (1..=6).map(|floor| (floor, 0)).collect();
        assert_eq!(scheme(&zero, &all), Err(ShareError::NoWeight));
        zero.coefficients.clear();
        assert_eq!(scheme(&zero, &all), Err(ShareError::NoWeight));
        zero.coefficients = vec![(2, -1), (3, 5)];
        assert_eq!(scheme(&zero, &all), Err(ShareError::NoWeight));
        assert_eq!(scheme(&body(100, -1), &all), Err(ShareError::Amount { field: "subsidy" }));
        assert_eq!(scheme(&body(-5, 0), &all), Err(ShareError::Amount { field: "total" }));
        assert_eq!(scheme(&body(100, 101), &all), Err(ShareError::TooMuchSubsidy));
        assert_eq!(scheme(&body(100, 0), &[]), Err(ShareError::NoHomes));
        let mut by_area = body(100, 0);
        by_area.by = By::Area;
        let unknown = [Sharer { floor: 1, area: Some(Area(5_000)) }, Sharer { floor: 2, area: None }];
        assert_eq!(scheme(&by_area, &unknown), Err(ShareError::NoArea { home: 1 }));
        let mut paid = body(100, 0);
        paid.compensation = vec![(1, -1)];
        assert_eq!(scheme(&paid, &all), Err(ShareError::Amount { field: "compensation" }));
    }
}
