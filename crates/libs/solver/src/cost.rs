//! Costs of several tiers.

use std::ops::{Add, AddAssign, Neg, Sub};

/// What one unit costs on an arc, in `T` tiers. Compared tier by tier from the first: no amount of a later tier outweighs a single one
/// of an earlier tier. `Cost([3])` is an ordinary cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost<const T: usize>(pub [i64; T]);

/// What many units cost, in tiers, compared as [`Cost`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Total<const T: usize>(pub [i128; T]);

impl<const T: usize> Cost<T> {
    /// Nothing.
    pub const ZERO: Self = Self([0; T]);
}

impl<const T: usize> Total<T> {
    /// Nothing.
    pub const ZERO: Self = Self([0; T]);

    /// Adds so many units of a cost.
    #[must_use]
    pub fn plus(mut self, units: i64, cost: &Cost<T>) -> Self {
        // 2⁶³ arcs of 2⁶⁴ units at 2⁶³ would be too much; that many arcs fit into no machine.
        self.0.iter_mut().zip(cost.0).for_each(|(sum, cost)| *sum = sum.saturating_add(i128::from(units) * i128::from(cost)));
        self
    }
}

impl<const T: usize> From<Cost<T>> for Total<T> {
    fn from(cost: Cost<T>) -> Self {
        Self(cost.0.map(i128::from))
    }
}

// The network refuses numbers whose sums could run over (see `Network::solve`).
impl<const T: usize> Add for Cost<T> {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl<const T: usize> AddAssign for Cost<T> {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

impl<const T: usize> Sub for Cost<T> {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine -= theirs);
        self
    }
}

impl<const T: usize> Neg for Cost<T> {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.map(|tier| -tier))
    }
}

impl<const T: usize> Add for Total<T> {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine = mine.saturating_add(theirs));
        self
    }
}

impl<const T: usize> Sub for Total<T> {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine = mine.saturating_sub(theirs));
        self
    }
}
