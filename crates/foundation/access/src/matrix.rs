//! The table of permissions: role × action × resource. Committed as text in `docs/permissions.md`, which a test keeps equal.

use linli_kernel::{PlaceLevel, PlacePath};

use crate::Role;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Look.
    Read,
    /// Make a new one.
    Create,
    /// Change one.
    Change,
    /// Take a case or be given one.
    Take,
    /// Give it to somebody.
    Assign,
    /// End it.
    Close,
    /// Bring many in from a file.
    Import,
    /// Take many out to a file.
    Export,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] =
        [Self::Read, Self::Create, Self::Change, Self::Take, Self::Assign, Self::Close, Self::Import, Self::Export];

    /// The word in the printed matrix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Change => "change",
            Self::Take => "take",
            Self::Assign => "assign",
            Self::Close => "close",
            Self::Import => "import",
            Self::Export => "export",
        }
    }
}

/// What it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The tree of places, estates, buildings, entrances, components, grids.
    Territory,
    /// Homes: who could live there is personal detail, so more than `Territory`.
    Home,
    /// Organisations, staff and their appointments.
    People,
    /// Accounts, sessions, claim codes.
    Account,
    /// Notices on the board.
    Notice,
    /// The service pledge and the 24-hour property phone on the board (服务承诺、24 小时物业服务电话).
    Pledge,
    /// Cases (诉求与案卷).
    Case,
    /// The reporter's contact of a case: shown only for doing the work, every look logged.
    CaseContact,
    /// From whom a case is kept (回避): lifting what was kept by mistake.
    CaseKept,
    /// The private links by which organisations without an account open their cases (承办单位链接).
    UnitLink,
    /// Meetings (议事会议): call, agenda, minutes, result.
    Meeting,
    /// What residents propose, second and say (居民提议、附议与意见).
    Proposal,
    /// The register of owners (业主名册): who owns which home, its area and where that is known from.
    Owner,
    /// Owners' votes (业主表决): what is put to them, by which rules, how it ended. Never what somebody said.
    Vote,
    /// Ballots on paper, at the door and by proxy (表决票).
    Ballot,
    /// Lifts that are added to stairwells (加装电梯): progress, schemes, meetings.
    Lift,
    /// What each home says to a lift, and its signature (各户表态与签约). Never read from above the community.
    LiftConsent,
    /// Renovation items of an estate (改造项目).
    Renovation,
    /// Who agreed to be watched, the consents, how the watch goes (看护登记与同意).
    Care,
    /// How each consent was given (同意书详情): text, witness, who spoke for the person, the note of the impact assessment. Every look is written down.
    CareConsent,
    /// Visits to them (走访): names and telephones only for those on duty.
    Visit,
    /// Health data of key groups: risk, readings, alarms, referrals (健康随访). Never read from a place above a community, see the room of care.
    FollowUp,
    /// Oximeters issued to institutions and lent to people (血氧仪).
    Oximeter,
    /// Places for oxygen of an institution, and who has which (吸氧位).
    Oxygen,
    /// Early antivirals: stock of an institution, prescriptions (早期抗病毒药).
    Antiviral,
    /// Institutions of the treatment network, their units, grids and catchments (医疗机构、救治网格).
    Institution,
    /// Daily returns of institutions (日报).
    Return,
    /// The bed ledger (床位台账): states and numbers of beds, no patient.
    Bed,
    /// Referrals (转诊): who is sent where and how sick. Clinical, so it never follows from a place above.
    Referral,
    /// The plan (救治方案): who is suggested for which bed, and what was made of it. What it says of patients, only those may read who read
    /// referrals.
    Plan,
    /// Calls to 120 (急救呼叫), the vehicles that are sent: what is told of a patient is clinical.
    EmergencyCall,
    /// Whether calls that are not urgent may be diverted (分流), and which physician answers for it.
    Diversion,
    /// The figures of a day of 120 (急救日情况): numbers, no calls.
    EmergencyFigures,
    /// Who is coming to an emergency department by ambulance (救护车交接).
    Handover,
    /// Expert groups, their rounds and what they found in an institution (巡诊、问题与整改): about institutions, no patient.
    Round,
    /// What experts advise about a patient (诊疗意见): clinical, every look written down.
    Opinion,
    /// Figures of a place.
    Figures,
    /// Rules, calendars, settings.
    Rules,
    /// The audit journal.
    Journal,
}

impl Resource {
    /// All resources.
    pub const ALL: [Self; 39] = [
        Self::Territory,
        Self::Home,
        Self::People,
        Self::Account,
        Self::Notice,
        Self::Pledge,
        Self::Case,
        Self::CaseContact,
        Self::CaseKept,
        Self::UnitLink,
        Self::Meeting,
        Self::Proposal,
        Self::Owner,
        Self::Vote,
        Self::Ballot,
        Self::Lift,
        Self::LiftConsent,
        Self::Renovation,
        Self::Care,
        Self::CareConsent,
        Self::Visit,
        Self::FollowUp,
        Self::Oximeter,
        Self::Oxygen,
        Self::Antiviral,
        Self::Institution,
        Self::Return,
        Self::Bed,
        Self::Referral,
        Self::Plan,
        Self::EmergencyCall,
        Self::Diversion,
        Self::EmergencyFigures,
        Self::Handover,
        Self::Round,
        Self::Opinion,
        Self::Figures,
        Self::Rules,
        Self::Journal,
    ];

    /// From which level on an appointment reaches it: health data follow from no place above the community (ADR 0018).
    #[must_use]
    pub const fn reached_from(self) -> Option<PlaceLevel> {
        match self {
            Self::FollowUp => Some(PlaceLevel::Community),
            _ => None,
        }
    }

    /// Whether an appointment at this place is near enough to it.
    #[must_use]
    pub fn is_near(self, place: &PlacePath) -> bool {
        self.reached_from().is_none_or(|least| place.level().is_some_and(|level| level >= least))
    }

    /// The word in the printed matrix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Territory => "territory",
            Self::Home => "home",
            Self::People => "people",
            Self::Account => "account",
            Self::Notice => "notice",
            Self::Pledge => "pledge",
            Self::Case => "case",
            Self::CaseContact => "case_contact",
            Self::CaseKept => "case_kept",
            Self::UnitLink => "unit_link",
            Self::Meeting => "meeting",
            Self::Proposal => "proposal",
            Self::Owner => "owner",
            Self::Vote => "vote",
            Self::Ballot => "ballot",
            Self::Lift => "lift",
            Self::LiftConsent => "lift_consent",
            Self::Renovation => "renovation",
            Self::Care => "care",
            Self::CareConsent => "care_consent",
            Self::Visit => "visit",
            Self::FollowUp => "follow_up",
            Self::Oximeter => "oximeter",
            Self::Oxygen => "oxygen",
            Self::Antiviral => "antiviral",
            Self::Institution => "institution",
            Self::Return => "return",
            Self::Bed => "bed",
            Self::Referral => "referral",
            Self::Plan => "plan",
            Self::EmergencyCall => "emergency_call",
            Self::Diversion => "diversion",
            Self::EmergencyFigures => "emergency_figures",
            Self::Handover => "handover",
            Self::Round => "round",
            Self::Opinion => "opinion",
            Self::Figures => "figures",
            Self::Rules => "rules",
            Self::Journal => "journal",
        }
    }
}

use Action::{Assign, Change, Close, Create, Export, Import, Read, Take};
use Resource::{
    Account, Antiviral, Ballot, Bed, Care, CareConsent, Case, CaseContact, CaseKept, Diversion, EmergencyCall, EmergencyFigures,
    Figures, FollowUp, Handover, Home, Institution, Journal, Lift, LiftConsent, Meeting, Notice, Opinion, Owner, Oximeter,
    Oxygen, People, Plan, Pledge, Proposal, Referral, Renovation, Return, Round, Rules, Territory, UnitLink, Visit, Vote,
};
use Role::{
    Administrator, BedManager, CommunitySecretary, CommunityWorker, DistrictOfficer, EmergencyDispatcher, Expert, FamilyDoctor,
    GridCoordinator, GridWorker, Guard, HealthOfficer, LifeSteward, PropertyDesk, PropertyManager, RedSteward,
    SubdistrictOfficer,
};

/// Everybody who works in the neighbourhood.
const FIELD: [Role; 8] =
    [CommunitySecretary, CommunityWorker, GridWorker, LifeSteward, RedSteward, PropertyManager, PropertyDesk, Guard];

/// May a holder of `role` do `action` to `resource` inside the scope of the appointment?
#[must_use]
pub fn allows(role: Role, action: Action, resource: Resource) -> bool {
    match (resource, action) {
        _ if !role.acts() => false,
        (Territory, Read) | (Figures, Read) | (Notice, Read) | (People, Read) => true,
        (Territory, Create | Change | Import | Export) => matches!(role, Administrator),
        (Home, Read) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | PropertyManager | PropertyDesk)
        }
        (Home, Import | Create | Change) => matches!(role, Administrator),
        (Home, Export) => false,
        (People, Create | Change | Import | Export) => matches!(role, Administrator),
        (Account, Read | Create | Change) => matches!(role, Administrator),
        (Notice, Create | Change | Close) => matches!(role, CommunitySecretary | CommunityWorker | PropertyManager),
        // A promise of the property company and the community; the administrator enters it for those without an account.
        (Pledge, Change) => matches!(role, CommunitySecretary | PropertyManager | Administrator),
        // The health side reads no complaint, and the community side no reading.
        (Case, Read) => role != Administrator && !role.treats(),
        (Case, Create) => FIELD.contains(&role) || matches!(role, SubdistrictOfficer | DistrictOfficer),
        (Case, Take) => FIELD.contains(&role),
        (Case, Change) => FIELD.contains(&role) || matches!(role, SubdistrictOfficer | DistrictOfficer),
        (Case, Assign) => matches!(
            role,
            CommunitySecretary | CommunityWorker | PropertyManager | PropertyDesk | SubdistrictOfficer | DistrictOfficer
        ),
        (Case, Close) => FIELD.contains(&role) || matches!(role, SubdistrictOfficer | DistrictOfficer),
        (Case, Import) => matches!(role, Administrator),
        (Case, Export) => matches!(role, SubdistrictOfficer | DistrictOfficer | CommunitySecretary),
        (CaseContact, Read) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | PropertyManager | PropertyDesk)
        }
        // Not those whose colleagues a case may be about, nor whoever reads no case: an office above the neighbourhood.
        (CaseKept, Change) => matches!(role, SubdistrictOfficer | DistrictOfficer),
        (UnitLink, Read | Create | Change) => {
            matches!(role, Administrator | DistrictOfficer | SubdistrictOfficer | CommunitySecretary)
        }
        (Meeting | Proposal, Read) => role != Administrator && !role.treats(),
        (Meeting, Create | Change) => matches!(role, CommunitySecretary | CommunityWorker),
        // Confirming the minutes for one's side.
        (Meeting, Take) => matches!(role, CommunitySecretary | CommunityWorker | PropertyManager | RedSteward),
        // Approving the minutes and publishing the result.
        (Meeting, Close) => matches!(role, CommunitySecretary),
        // Writing down what a resident says; letting it be shown, or saying why not.
        (Proposal, Create) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | RedSteward | PropertyManager)
        }
        (Proposal, Change) => matches!(role, CommunitySecretary | CommunityWorker),
        // The community keeps it, not the property company: it is a party to most votes.
        (Owner, Read | Change | Import) => matches!(role, CommunitySecretary | CommunityWorker),
        (Vote, Read) => role != Administrator && !role.treats(),
        (Vote, Create | Change | Close) => matches!(role, CommunitySecretary | CommunityWorker),
        // Neither the life steward nor the property company handles a ballot.
        (Ballot, Create) => matches!(role, CommunitySecretary | CommunityWorker | GridWorker | RedSteward),
        (Ballot, Read) => matches!(role, CommunitySecretary | CommunityWorker),
        (Lift | Renovation, Read) => {
            matches!(
                role,
                CommunitySecretary
                    | CommunityWorker
                    | GridWorker
                    | LifeSteward
                    | RedSteward
                    | PropertyManager
                    | SubdistrictOfficer
                    | DistrictOfficer
            )
        }
        (Lift, Create | Change) => matches!(role, CommunitySecretary | CommunityWorker | RedSteward | PropertyManager),
        // Taking over as the one who convenes.
        (Lift, Assign) => matches!(role, CommunitySecretary),
        // Not the property company's manager: it is a party. Nobody above the community reads what a home said.
        (LiftConsent, Read | Change) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | RedSteward)
        }
        (Renovation, Create | Change) => {
            matches!(role, CommunitySecretary | CommunityWorker | PropertyManager | SubdistrictOfficer)
        }
        // Sensitive: it never follows from a place above. Those who went to the door may take a withdrawal there.
        (Care, Read | Create | Change) => matches!(role, CommunitySecretary | CommunityWorker | GridWorker),
        // Those who answer for the proof, not everybody who keeps the register.
        (CareConsent, Read) => matches!(role, CommunitySecretary | CommunityWorker),
        (Care, Close) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | RedSteward | PropertyDesk)
        }
        (Visit, Read | Create | Change | Take) => {
            matches!(role, CommunitySecretary | CommunityWorker | GridWorker | LifeSteward | RedSteward | PropertyDesk)
        }
        (FollowUp, Read | Create | Change) => matches!(role, FamilyDoctor),
        (Oximeter, Read) => matches!(role, FamilyDoctor | SubdistrictOfficer | DistrictOfficer),
        (Oximeter, Create) => matches!(role, DistrictOfficer),
        (Oximeter, Change) => matches!(role, FamilyDoctor),
        // Above a community these are numbers; who has a place or a prescription is shown to the team and the institution alone.
        (Oxygen | Antiviral, Read) => matches!(role, FamilyDoctor | SubdistrictOfficer | DistrictOfficer),
        (Oxygen | Antiviral, Create | Change) => matches!(role, FamilyDoctor),
        (Institution, Read) => role.treats() || matches!(role, Administrator | DistrictOfficer | SubdistrictOfficer),
        (Institution, Create | Change) => matches!(role, HealthOfficer),
        (Institution, Import) => matches!(role, HealthOfficer | Administrator),
        (Return, Read) => matches!(role, HealthOfficer | GridCoordinator | BedManager | EmergencyDispatcher | FamilyDoctor),
        (Return, Create) => matches!(role, BedManager | EmergencyDispatcher | FamilyDoctor),
        (Return, Change) => matches!(role, BedManager | EmergencyDispatcher | FamilyDoctor | HealthOfficer),
        (Bed, Read) => role.treats(),
        (Bed, Create | Change) => matches!(role, BedManager),
        // An order to make beds of another kind (转换指令).
        (Bed, Assign) => matches!(role, GridCoordinator | HealthOfficer),
        (Referral, Read) => matches!(role, FamilyDoctor | BedManager | GridCoordinator),
        (Referral, Create | Change) => matches!(role, FamilyDoctor | BedManager | GridCoordinator),
        // Accepting or declining (接收).
        (Referral, Take) => matches!(role, BedManager | GridCoordinator),
        (Plan, Read) => matches!(role, BedManager | GridCoordinator | HealthOfficer),
        (Plan, Change) => matches!(role, BedManager | GridCoordinator),
        (EmergencyCall, Read | Create | Change) => matches!(role, EmergencyDispatcher),
        // Written down by the health office for the physician who answers for it; the seat only sees whether it is on.
        (Diversion, Read) => matches!(role, EmergencyDispatcher | HealthOfficer),
        (Diversion, Change) => matches!(role, HealthOfficer),
        (EmergencyFigures, Read) => matches!(role, EmergencyDispatcher | HealthOfficer),
        (EmergencyFigures, Change) => matches!(role, EmergencyDispatcher),
        // Those who take in whoever is sent to an institution, for its emergency department alone.
        (Handover, Read | Change) => matches!(role, BedManager | GridCoordinator),
        // The health office sends the groups, the groups find and look again, the institution answers, each for its own.
        (Round, Read) => matches!(role, Expert | HealthOfficer | BedManager | GridCoordinator),
        (Round, Create) => matches!(role, HealthOfficer),
        (Round, Change) => matches!(role, Expert),
        (Round, Take) => matches!(role, BedManager | GridCoordinator),
        (Opinion, Read) => matches!(role, Expert | HealthOfficer | BedManager | GridCoordinator),
        (Opinion, Create) => matches!(role, Expert),
        (Rules, Read) => true,
        (Rules, Change | Import) => matches!(role, Administrator),
        (Journal, Read) => matches!(role, Administrator),
        _ => false,
    }
}

/// The whole matrix as a Markdown table, one row per resource and action, `●` where a role may.
#[must_use]
pub fn printed() -> String {
    let mut text = String::from(
        "# Permissions\n\nGenerated from `crates/foundation/access/src/matrix.rs`; a test keeps it equal. `●`: may, inside the scope of the appointment.\n\n| resource | action |",
    );
    for role in Role::ALL {
        text.push_str(&format!(" {role} |"));
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(Role::ALL.len()));
    text.push('\n');
    for resource in Resource::ALL {
        for action in Action::ALL {
            if !Role::ALL.iter().any(|role| allows(*role, action, resource)) {
                continue;
            }
            text.push_str(&format!("| {} | {} |", resource.as_str(), action.as_str()));
            for role in Role::ALL {
                text.push_str(if allows(role, action, resource) { " ● |" } else { " |" });
            }
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reviewed file says what the code does. Regenerate with `LINLI_WRITE=1 cargo test -p linli-access`.
    #[test]
    fn committed_matrix_is_true() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/permissions.md");
        if std::env::var_os("LINLI_WRITE").is_some() {
            std::fs::write(file, printed()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), printed());
    }

    #[test]
    fn health_data_are_reached_from_the_community_on() {
        let near = |place: &str| Resource::FollowUp.is_near(&place.parse().unwrap());
        assert!(near("0000000100010001") && near("00000001000100010001"), "a community, an estate");
        assert!(!near("000000010001") && !near("00000001") && !Resource::FollowUp.is_near(&PlacePath::root()));
        assert!(Resource::ALL.into_iter().filter(|one| *one != Resource::FollowUp).all(|one| one.is_near(&PlacePath::root())));
    }

    #[test]
    fn a_post_without_power_grants_nothing() {
        for resource in Resource::ALL {
            for action in Action::ALL {
                assert!(!allows(Role::Member, action, resource), "{} {}", action.as_str(), resource.as_str());
            }
        }
    }

    #[test]
    fn the_health_side_reads_no_case_and_the_community_side_no_reading() {
        for action in Action::ALL {
            for role in Role::ALL.into_iter().filter(|role| role.treats()) {
                for resource in [Case, CaseContact, CaseKept, UnitLink, Home, Account, Journal, Care, CareConsent, Visit]
                    .into_iter()
                    .chain([Meeting, Proposal, Owner, Vote, Ballot, Lift, LiftConsent, Renovation])
                {
                    assert!(!allows(role, action, resource), "{role} {} {}", action.as_str(), resource.as_str());
                }
            }
            for role in Role::ALL.into_iter().filter(|role| *role != FamilyDoctor) {
                assert!(!allows(role, action, FollowUp), "{role} {}", action.as_str());
            }
            for role in Role::ALL.into_iter().filter(|role| !role.treats()) {
                for resource in [Referral, EmergencyCall, Diversion, EmergencyFigures, Handover, Round, Opinion, Bed, Plan] {
                    assert!(!allows(role, action, resource), "{role} {} {}", action.as_str(), resource.as_str());
                }
            }
        }
    }

    #[test]
    fn an_administrator_reads_no_case_and_no_contact() {
        for action in Action::ALL {
            assert!(!allows(Administrator, action, CaseContact));
        }
        assert!(!allows(Administrator, Read, Case) && !allows(Administrator, Read, Home));
    }
}
