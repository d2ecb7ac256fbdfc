//! The roles of an appointment.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody is appointed as (职务、岗位).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 系统管理员: sets up the installation; reads no case and no personal detail by that.
    Administrator,
    /// 区级值班员: district duty officer.
    DistrictOfficer,
    /// 街道工作人员.
    SubdistrictOfficer,
    /// 社区党组织书记: leads the joint meeting.
    CommunitySecretary,
    /// 社区工作者 (居委会).
    CommunityWorker,
    /// 网格员: answers for a governance grid.
    GridWorker,
    /// 生活管家 of the property company: answers for entrances.
    LifeSteward,
    /// 红色管家: member of the grid's red steward team.
    RedSteward,
    /// 物业经理: property project manager of estates.
    PropertyManager,
    /// 物业值班: the property company's 24-hour duty desk.
    PropertyDesk,
    /// 保安.
    Guard,
    /// 家庭医生团队: follows key groups of a community, reads their health data and nothing of cases or votes.
    FamilyDoctor,
    /// 床位管理员 of an institution: its bed ledger, its daily returns, who comes in and who steps down.
    BedManager,
    /// 救治网格牵头医院协调员: answers for a treatment grid from its lead hospital.
    GridCoordinator,
    /// 120 调度员: the emergency call centre.
    EmergencyDispatcher,
    /// 卫生健康部门值班员: capacity, returns and clocks of a district or the city; of patients only what expert groups advise, every look written down.
    HealthOfficer,
    /// 专家组成员: sent to the institutions of a district to see their patients and how they work (巡诊).
    Expert,
    /// 兼职、名誉职务 (a co-opted member of a committee, a party-building instructor): a post that is shown and grants nothing.
    Member,
}

impl Role {
    /// All roles, in the order of the printed matrix.
    pub const ALL: [Self; 18] = [
        Self::Administrator,
        Self::DistrictOfficer,
        Self::SubdistrictOfficer,
        Self::CommunitySecretary,
        Self::CommunityWorker,
        Self::GridWorker,
        Self::LifeSteward,
        Self::RedSteward,
        Self::PropertyManager,
        Self::PropertyDesk,
        Self::Guard,
        Self::FamilyDoctor,
        Self::BedManager,
        Self::GridCoordinator,
        Self::EmergencyDispatcher,
        Self::HealthOfficer,
        Self::Expert,
        Self::Member,
    ];

    /// The word in the database, in files and in text keys (`role-life_steward`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::DistrictOfficer => "district_officer",
            Self::SubdistrictOfficer => "subdistrict_officer",
            Self::CommunitySecretary => "community_secretary",
            Self::CommunityWorker => "community_worker",
            Self::GridWorker => "grid_worker",
            Self::LifeSteward => "life_steward",
            Self::RedSteward => "red_steward",
            Self::PropertyManager => "property_manager",
            Self::PropertyDesk => "property_desk",
            Self::Guard => "guard",
            Self::FamilyDoctor => "family_doctor",
            Self::BedManager => "bed_manager",
            Self::GridCoordinator => "grid_coordinator",
            Self::EmergencyDispatcher => "emergency_dispatcher",
            Self::HealthOfficer => "health_officer",
            Self::Expert => "expert",
            Self::Member => "member",
        }
    }

    /// Whether it is a role of the treatment network: reads no complaint, no home and no vote.
    #[must_use]
    pub const fn treats(self) -> bool {
        matches!(
            self,
            Self::FamilyDoctor
                | Self::BedManager
                | Self::GridCoordinator
                | Self::EmergencyDispatcher
                | Self::HealthOfficer
                | Self::Expert
        )
    }

    /// Whether somebody can act under an appointment of this role. A post that grants nothing is only shown.
    #[must_use]
    pub const fn acts(self) -> bool {
        !matches!(self, Self::Member)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == s).ok_or_else(|| UnknownRole(s.to_owned()))
    }
}

/// There is no such role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0}")]
pub struct UnknownRole(pub String);
