//! The words a merchant uses for what happened, and what they mean in the Core Business Vocabulary.

use crate::event::{Action, Kind};

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The word in Chinese.
    pub zh: &'static str,
    /// The word in English.
    pub en: &'static str,
    /// Other words.
    pub aliases: &'static [&'static str],
    /// Whether things are put into (`Some(Add)`) or taken out of (`Some(Delete)`) a parent.
    pub packs: Option<Action>,
    /// The action of an object event.
    pub action: Action,
    /// The business step, bare.
    pub biz_step: &'static str,
    /// The disposition, bare.
    pub disposition: &'static str,
}

impl Step {
    /// The event's type.
    pub fn kind(&self) -> Kind {
        if self.packs.is_some() { Kind::Aggregation } else { Kind::Object }
    }

    /// The step of a word in either language, or of the vocabulary's own word.
    pub fn of_word(word: &str) -> Option<&'static Step> {
        let plain = super::plain(word);
        STEPS.iter().find(|step| {
            let words = [step.zh, step.en, step.biz_step];
            words.iter().chain(step.aliases).any(|known| super::plain(known) == plain)
        })
    }
}

/// Every step.
pub fn steps() -> &'static [Step] {
    STEPS
}

const fn seen(
    zh: &'static str,
    en: &'static str,
    aliases: &'static [&'static str],
    biz_step: &'static str,
    disposition: &'static str,
) -> Step {
    Step { zh, en, aliases, packs: None, action: Action::Observe, biz_step, disposition }
}

const STEPS: &[Step] = &[
    Step {
        zh: "生产",
        en: "produced",
        aliases: &["赋码", "制造", "生产完成", "下线", "produce", "made", "manufactured", "commissioned"],
        packs: None,
        action: Action::Add,
        biz_step: "commissioning",
        disposition: "active",
    },
    seen("检验", "inspected", &["质检", "检测", "抽检", "inspect", "tested"], "inspecting", "in_progress"),
    Step {
        zh: "装箱",
        en: "packed",
        aliases: &["打包", "组托", "装托", "pack", "aggregated"],
        packs: Some(Action::Add),
        action: Action::Add,
        biz_step: "packing",
        disposition: "in_progress",
    },
    Step {
        zh: "拆箱",
        en: "unpacked",
        aliases: &["拆包", "拆托", "开箱", "unpack"],
        packs: Some(Action::Delete),
        action: Action::Delete,
        biz_step: "unpacking",
        disposition: "in_progress",
    },
    seen("入库", "stored", &["仓储", "存储", "进仓", "store", "put away"], "storing", "sellable_not_accessible"),
    seen("出库", "departed", &["离仓", "出仓", "depart", "left"], "departing", "in_transit"),
    seen(
        "发货",
        "shipped",
        &["发出", "寄出", "发运", "交运", "ship", "sent", "dispatched", "despatched"],
        "shipping",
        "in_transit",
    ),
    seen("运输", "transported", &["在途", "转运", "transport", "in transit"], "transporting", "in_transit"),
    seen("到货", "arrived", &["到达", "抵达", "arrive"], "arriving", "in_progress"),
    seen("收货", "received", &["签收", "接收", "进货", "receive"], "receiving", "in_progress"),
    seen("验收", "accepted", &["accept"], "accepting", "in_progress"),
    seen("上架", "stocked", &["陈列", "stock", "shelved"], "stocking", "sellable_accessible"),
    seen("盘点", "counted", &["清点", "count", "stock taking"], "stock_taking", "sellable_accessible"),
    seen("销售", "sold", &["售出", "卖出", "零售", "sell", "sale"], "retail_selling", "retail_sold"),
    seen("退货", "returned", &["退回", "客退", "return"], "receiving", "returned"),
    seen("封存", "held", &["暂存", "冻结", "隔离", "hold", "quarantined"], "holding", "non_sellable_other"),
    seen("召回", "recalled", &["recall"], "holding", "recalled"),
    Step {
        zh: "销毁",
        en: "destroyed",
        aliases: &["报废", "destroy", "scrapped"],
        packs: None,
        action: Action::Delete,
        biz_step: "destroying",
        disposition: "destroyed",
    },
];
