//! situation
