//! Referrals (转诊).

use linli_kernel::id_type;

id_type! {
    /// A referral (转诊单).
    pub struct ReferralId;
}
