//! Positions against published ones, sun and sky against geometry done by hand and against another way of doing it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod plans;
mod positions;
mod reference;
mod shadows;
mod skies;
