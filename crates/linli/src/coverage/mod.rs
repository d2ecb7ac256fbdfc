//! The house judged as a whole: every route of both profiles is asked by nobody, by every role, and about records elsewhere.
//! A new route without a line in [`asks`] makes these tests fail.

mod asks;
mod clock;
mod described;
mod listing;
mod walk;
mod world;
