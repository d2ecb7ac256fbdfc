//! The words of this room: states, ways, matters, choices.

use linli_kernel::words;

words! {
    /// How far a stairwell is (进度).
    pub enum Stage {
        /// 意愿征集.
        Wish = "wish",
        /// 表态达标.
        Passed = "passed",
        /// 协议签妥: what "13 of 13" counts, and everything after it.
        Signed = "signed",
        /// 公示期满.
        Noticed = "noticed",
        /// 审查通过.
        Reviewed = "reviewed",
        /// 施工中.
        Building = "building",
        /// 投入使用.
        InUse = "in_use",
    }

    /// What a home says (表态).
    pub enum Stance {
        /// 同意.
        Agree = "agree",
        /// 反对.
        Object = "object",
        /// 未定.
        Undecided = "undecided",
        /// 联系不上.
        Unreachable = "unreachable",
    }

    /// By which way it said it.
    pub enum Way {
        /// 上门.
        Door = "door",
        /// 电话.
        Phone = "phone",
        /// 书面.
        Paper = "paper",
        /// 网上: from the claimed home itself.
        Online = "online",
    }

    /// What an objection is about, and the reason a home gives (事由).
    pub enum Matter {
        /// 采光日照.
        Light = "light",
        /// 噪声.
        Noise = "noise",
        /// 隐私.
        Privacy = "privacy",
        /// 视野.
        View = "view",
        /// 房屋价值.
        Value = "value",
        /// 费用分摊.
        Cost = "cost",
        /// 补偿.
        Compensation = "compensation",
        /// 安全（结构、消防）.
        Safety = "safety",
        /// 通行.
        Passage = "passage",
        /// 管线.
        Pipes = "pipes",
        /// 其他.
        Other = "other",
    }

    /// How far an objection is (异议状态).
    pub enum ObjectionState {
        /// 已提出.
        Raised = "raised",
        /// 协商中.
        Talking = "talking",
        /// 调解中.
        Mediating = "mediating",
        /// 达成一致.
        Settled = "settled",
        /// 撤回.
        Withdrawn = "withdrawn",
        /// 告知诉讼: mediation failed, the way to the court was told.
        ToCourt = "to_court",
        /// 依裁判处理: the court has spoken.
        Judged = "judged",
    }

    /// What moves an objection.
    pub enum ObjectionEvent {
        /// 提出.
        Raise = "raise",
        /// 协商.
        Talk = "talk",
        /// 转调解.
        Mediate = "mediate",
        /// 达成一致.
        Settle = "settle",
        /// 撤回.
        Withdraw = "withdraw",
        /// 调解不成.
        Fail = "fail",
        /// 裁判生效.
        Judge = "judge",
    }

    /// Where the lift stops (入户方式).
    pub enum Entry {
        /// 平层入户.
        Level = "level",
        /// 错层入户: at the half landing, half a flight remains.
        HalfLanding = "half_landing",
    }

    /// Pipes that have to move (管线迁改).
    pub enum Pipe {
        /// 燃气.
        Gas = "gas",
        /// 给水.
        Water = "water",
        /// 排水.
        Drain = "drain",
        /// 电力.
        Power = "power",
        /// 通信.
        Telecom = "telecom",
        /// 热力.
        Heat = "heat",
    }

    /// What becomes of fire access and escape (消防通道与疏散).
    pub enum Fire {
        /// 不受影响.
        Kept = "kept",
        /// 收窄，仍满足要求.
        Narrower = "narrower",
        /// 需消防专项论证.
        Review = "review",
    }

    /// Who owns and runs the lift (运营模式).
    pub enum Operating {
        /// 业主共有.
        Owned = "owned",
        /// 租赁.
        Leased = "leased",
        /// 按次付费.
        PayPerRide = "pay_per_ride",
    }

    /// How a cost is shared (分摊办法).
    pub enum By {
        /// 楼层系数 × 户.
        Coefficient = "coefficient",
        /// 楼层系数 × 面积.
        CoefficientArea = "coefficient_area",
        /// 按户.
        Household = "household",
        /// 按面积.
        Area = "area",
    }

    /// How far a scheme is.
    pub enum SchemeState {
        /// 征求意见.
        Shown = "shown",
        /// 选定.
        Chosen = "chosen",
        /// 放弃.
        Dropped = "dropped",
    }

    /// What a floor thinks of a scheme.
    pub enum Opinion {
        /// 赞成.
        For = "for",
        /// 有条件.
        If = "if",
        /// 不赞成.
        Against = "against",
    }

    /// Where the area of a home is from, the better source first (法释〔2009〕7号 art. 8).
    pub enum AreaSource {
        /// 不动产登记.
        Register = "register",
        /// 实测.
        Survey = "survey",
        /// 合同.
        Contract = "contract",
        /// 地域台账: as the ground was brought in.
        Ground = "ground",
    }

    /// How an agreement was signed.
    pub enum Signing {
        /// 纸面.
        Paper = "paper",
        /// 电子.
        Electronic = "electronic",
    }

    /// Class of a renovation item (国办发〔2020〕23号).
    pub enum Class {
        /// 基础类.
        Basic = "basic",
        /// 完善类.
        Improvement = "improvement",
        /// 提升类.
        Enhancement = "enhancement",
    }

    /// How far an item is.
    pub enum ItemState {
        /// 征求意见.
        Asking = "asking",
        /// 已立项.
        Planned = "planned",
        /// 施工中.
        Working = "working",
        /// 待验收.
        Finished = "finished",
        /// 居民验收通过.
        Accepted = "accepted",
        /// 不实施.
        Dropped = "dropped",
    }

    /// What a line of an item's book is.
    pub enum NoteKind {
        /// 进度.
        Progress = "progress",
        /// 居民验收.
        Acceptance = "acceptance",
        /// 状态.
        State = "state",
    }

    /// When a photo was taken.
    pub enum Moment {
        /// 改造前.
        Before = "before",
        /// 改造后.
        After = "after",
    }
}
