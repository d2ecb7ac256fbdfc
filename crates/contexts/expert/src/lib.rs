//! Expert rounds (巡诊).
