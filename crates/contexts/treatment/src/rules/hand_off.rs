//! Where somebody is who was handed over, by what is known of all referrals since.

use crate::model::hand_off::{Leg, Stage};
use crate::model::referrals::{Outcome, ReferralState};

/// How far somebody has come: the newest referral at the top. What is only asked for moves nobody; who was sent down is in hospital until the stay
/// down there has ended.
#[must_use]
pub fn stage(legs: &[Leg]) -> Stage {
    let mut asked = false;
    for leg in legs {
        match leg.state {
            ReferralState::Arrived => return Stage::InHospital,
            ReferralState::Completed => return left(leg.reason.as_deref()),
            ReferralState::Draft
            | ReferralState::Requested
            | ReferralState::Received
            | ReferralState::Accepted
            | ReferralState::UnderWay => asked = true,
            ReferralState::Declined | ReferralState::Cancelled | ReferralState::Failed => {}
        }
    }
    if asked { Stage::Asked } else { Stage::Over }
}

fn left(reason: Option<&str>) -> Stage {
    match reason.and_then(|reason| reason.parse::<Outcome>().ok()) {
        Some(Outcome::Home) => Stage::Home,
        Some(Outcome::Elsewhere) => Stage::Elsewhere,
        Some(Outcome::Died) => Stage::Died,
        // An ending that is not known ends nothing here: somebody asks sooner than that nobody does.
        Some(Outcome::SteppedDown) | None => Stage::InHospital,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(state: ReferralState, reason: Option<&str>) -> Leg {
        Leg { state, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn it_follows_up_and_down_and_home() {
        use ReferralState::{Accepted, Arrived, Cancelled, Completed, Failed, Requested};
        let stood = |legs: &[(ReferralState, Option<&str>)]| stage(&legs.iter().map(|one| leg(one.0, one.1)).collect::<Vec<_>>());
        assert_eq!(stood(&[(Requested, None)]), Stage::Asked);
        assert_eq!(stood(&[(Failed, Some("no_answer"))]), Stage::Over);
        assert_eq!(stood(&[(Requested, None), (Cancelled, Some("mistake"))]), Stage::Asked, "asked for again");
        assert_eq!(stood(&[(Arrived, None)]), Stage::InHospital);
        assert_eq!(stood(&[(Accepted, None), (Arrived, None)]), Stage::InHospital, "on the way down");
        assert_eq!(stood(&[(Completed, Some("stepped_down"))]), Stage::InHospital);
        assert_eq!(stood(&[(Arrived, None), (Completed, Some("stepped_down"))]), Stage::InHospital);
        assert_eq!(stood(&[(Completed, Some("home")), (Completed, Some("stepped_down"))]), Stage::Home);
        assert_eq!(stood(&[(Completed, Some("died"))]), Stage::Died);
        assert_eq!(stood(&[(Completed, Some("elsewhere"))]), Stage::Elsewhere);
        assert_eq!(stood(&[]), Stage::Over);
    }
}
