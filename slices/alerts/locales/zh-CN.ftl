# the list
alerts-title = 预警
alerts-lead = 信号里不寻常的情况：是什么、从何时起、与什么相比、有多大把握，以及该做什么。
alerts-search = 商品、编号
alerts-what = 对象
alerts-scope = 对象类型
alerts-key = 编号
alerts-merchant = 商家
alerts-category = 品类
alerts-market = 市场
alerts-family = 问题
alerts-state = 状态
alerts-level = 强度
alerts-action = 建议
alerts-ending = 结论
alerts-reason = 理由
alerts-ratio = 倍数
alerts-since = 起始日
alerts-last = 最近
alerts-first = 首日
alerts-times = 天数
alerts-raised = 发出时间
alerts-detectors = 检测器
alerts-suppressions = 静默
alerts-digests = 每日摘要
alerts-saved-open = 待处理
alerts-saved-strong = 需处置
alerts-none = 没有预警
alerts-none-help = 信号没有超出同类的正常范围。关闭每一天时会检查所有商品。
alerts-no-listing = （尚无上架信息）

# families
alerts-family-quality = 质量
alerts-family-sales = 虚假销量
alerts-family-reviews = 虚假评价
alerts-family-price = 价格
alerts-family-codes = 追溯码

# measures
alerts-measure-complaints = 投诉
alerts-measure-returns = 退货
alerts-measure-bad-reviews = 差评

# methods
alerts-method-margin = 与同类比（近四周）
alerts-method-e-detector = 随时有效的变点检测
alerts-method-launch = 上市以来
alerts-method-proportion = 比例的累积偏离
alerts-method-funnel = 商家漏斗图
alerts-method-totals = 品类总量
alerts-method-batch = 与其他批次比
alerts-method-burst = 少数买家的销量突增
alerts-method-brushing = 刷单迹象
alerts-method-reviews = 评价操纵迹象
alerts-method-price = 价格骤变
alerts-method-clone = 复制的追溯码

# scopes
alerts-scope-product = 商品
alerts-scope-lot = 批次
alerts-scope-merchant = 商家
alerts-scope-category = 品类

# levels
alerts-level-watch = 关注
alerts-level-enforcement = 处置

# states
alerts-state-standing = 未结束
alerts-state-open = 待处理
alerts-state-acknowledged = 已受理
alerts-state-in-action = 处置中
alerts-state-closed = 已结束

# actions
alerts-action-look = 查看
alerts-action-inspect = 送检
alerts-action-stop-sale = 停售

# endings and reasons
alerts-ending-true = 属实
alerts-ending-false = 误报
alerts-ending-unclear = 不明
alerts-ending-hint-true = 商品、销量或评价确有问题；停售保持，直到有人恢复
alerts-ending-hint-false = 没有问题；停售解除，并用于改进检测
alerts-ending-hint-unclear = 无法判断；停售解除
alerts-reason-test-failed = 检验不合格
alerts-reason-test-passed = 检验合格
alerts-reason-confirmed = 商家承认或有证据
alerts-reason-batch-withdrawn = 批次已撤回
alerts-reason-ordinary-event = 促销、季节等正常原因
alerts-reason-wrong-signals = 信号有误
alerts-reason-not-enough = 依据不足
alerts-reason-other = 其他（请写明）

# one alert
alerts-facts = 概况
alerts-neighbours = 相邻预警
alerts-earlier = 此商品的其他预警
alerts-timeline = 经过
alerts-handler = 经办人
alerts-warning = 来源
alerts-warning-open = 复制码告警
alerts-signals = 查看相关信号
alerts-signals-help = 在“数据查询”里执行下面的语句。
alerts-contributions = 依据
alerts-figure = 指标
alerts-value = 值
alerts-limit = 阈值
alerts-against = 超出
alerts-by-policy = 依据策略 { $policy }
alerts-policy-open = 查看检测器
alerts-band = 同类的 { $share } 范围
alerts-curve = 走势与同类范围
alerts-curve-share = 比率（七日）
alerts-curve-count = 数量
alerts-curve-minor = 价格（元）
alerts-day = 日期
alerts-crossed = 越界
alerts-began = 开始
alerts-says-margin = 观察到 { $observed } 次，同类水平应为 { $expected } 次，是其 { $ratio } 倍；自 { $since } 起。
alerts-says-e-detector = 观察到 { $observed } 次，同类水平应为 { $expected } 次，是其 { $ratio } 倍；变化最可能始于 { $since }。
alerts-says-launch = 上市以来 { $observed } 次，应为 { $expected } 次，是其 { $ratio } 倍；{ $since } 越过界限。
alerts-says-proportion = { $observed } 次差评，应为 { $expected } 次；自 { $since } 起累积上升。
alerts-says-funnel = 店铺有 { $observed } 次，按规模应为 { $expected } 次，是其 { $ratio } 倍。
alerts-says-totals = 品类有 { $observed } 次，按往常应为 { $expected } 次；自 { $since } 起偏高。
alerts-says-batch = 这个批次有 { $observed } 次，按其他批次应为 { $expected } 次，是其 { $ratio } 倍。
alerts-says-burst = 当日售出 { $observed } 件，平日约 { $expected } 件，且大部分来自极少数订单或买家。
alerts-says-brushing = 近日 { $observed } 单，平日约 { $expected } 单，并有多项刷单迹象。
alerts-says-reviews = 近日 { $observed } 条评价，平日约 { $expected } 条，并有多项操纵迹象。
alerts-says-price = 价格为 { $observed }，自身走势约为 { $expected }。
alerts-says-clone = 这个批次的追溯码在多处出现。
alerts-promise-false-discovery = 所有曾发出的同类预警中，误报的期望比例不超过 { $rate }。统计量 { $statistic }，需达到 { $threshold }。
alerts-promise-per-key = 没有问题的商品在整个观察期内发出预警的概率不超过 { $rate }。统计量 { $statistic }，需达到 { $threshold }。
alerts-promise-per-day = 没有问题的对象在一天内发出预警的概率约为 { $rate }。统计量 { $statistic }，需达到 { $threshold }。
alerts-promise-rule = 这是多项迹象的规则，不声称误报概率。统计量 { $statistic }，需达到 { $threshold }。

# deciding
alerts-decision = 处理
alerts-decision-others = 您可以查看，处理由经办部门进行。
alerts-proposed = 建议：
alerts-acknowledge = 受理
alerts-inspect = 请求检验
alerts-stop = 停止销售
alerts-stop-help = 商品立即下架，直到预警结束；商家会看到原因。
alerts-close = 结束预警
alerts-suppress = 静默
alerts-suppress-help = 到期前同一对象不再发出这类预警，未结束的这一条按“不明”结束。到期自动恢复。
alerts-suppress-until = 同时静默到
alerts-suppress-end = 提前结束
alerts-suppressed-until = 静默至
alerts-until = 到
alerts-from = 从
alerts-through = 到（含）
alerts-note = 说明
alerts-inspection-at = 已请求检验
alerts-stopped-at = 已停售
alerts-done-acknowledged = 已受理。
alerts-done-inspection = 已请求检验。
alerts-done-stopped = 已停止销售。
alerts-done-closed = 预警已结束。
alerts-done-suppressed = 已静默。
alerts-done-suppression-ended = 静默已结束。
alerts-done-backtest = 已开始回测，完成后显示在这里。

# acts
alerts-act-alert-raised = 发出预警
alerts-act-alert-strengthened = 预警升级
alerts-act-alert-acknowledged = 已受理
alerts-act-alert-inspection-requested = 请求检验
alerts-act-alert-sale-stopped = 停止销售
alerts-act-alert-closed = 结束预警

# suppressions and digests
alerts-suppressions-lead = 在到期之前，这些对象的这类情况不发出预警；到期自动恢复。
alerts-suppressions-none = 没有静默
alerts-suppressions-none-help = 可以在预警页静默一类情况。
alerts-kept-away = 挡下次数
alerts-digests-lead = 每天一份：新增、结束和未结束的预警。也作为行为发往网络回调。
alerts-digest-newest = 最近的预警
alerts-digests-none = 还没有摘要
alerts-digests-none-help = 第一份在今天之后写出。
alerts-raised-count = 新增
alerts-standing-count = 未结束

# detectors
alerts-detector = 检测器
alerts-detectors-lead = 检测器是策略包里的一行：方法、阈值、误报率、比较对象、建议和推行比例。影子方式只记录，不发出预警。
alerts-detectors-none = 没有检测器
alerts-policy-edit = 编辑策略
alerts-method = 方法
alerts-measure = 统计对象
alerts-mode = 方式
alerts-mode-off = 关闭
alerts-mode-shadow = 影子
alerts-mode-percentage = 推行 { $share }%
alerts-mode-on = 启用
alerts-error-rate = 误报率
alerts-minutes = 每条预警所需分钟
alerts-shadow-alerts = 影子预警（{ $days } 天）
alerts-shadow-cost = 处理成本
alerts-shadow-sum = 如启用，近 30 天会多出 { $alerts } 条预警、{ $minutes } 分钟、{ $cost }。
alerts-sweeps = 最近的巡查
alerts-sweep = 巡查
alerts-sweeps-none = 还没有巡查
alerts-sweeps-none-help = 关闭一天的信号后进行第一次巡查。
alerts-at = 时间
alerts-keys = 检查的对象
alerts-candidates = 候选
alerts-found = 发现
alerts-repeated = 重复
alerts-left-out = 超出上限
alerts-shadows = 影子预警
alerts-shadows-none = 没有影子预警
alerts-shadows-none-help = 影子方式或尚未推行到的对象会记录在这里。
alerts-statistic = 统计量

# backtest
alerts-backtest = 回测
alerts-backtest-help = 改动阈值或推行比例，在历史上逐日重放：会有多少预警、多少工作量、与已结束的预警是否一致。不会发出任何预警。
alerts-backtest-run = 开始回测
alerts-rollout = 推行比例（%）
alerts-share-of-keys = 抽取的比例
alerts-trial-waiting = 等待运行
alerts-trial-failed = 未能完成
alerts-trial-alerts = 预警数
alerts-trial-new = 从未发出过的
alerts-trial-not-rolled = 未推行到的
alerts-trial-minutes = 工作量（分钟）
alerts-agreement-true-found = 属实且发现
alerts-agreement-true-missed = 属实但漏掉
alerts-agreement-false-found = 误报仍会发出
alerts-agreement-false-avoided = 误报得以避免
alerts-agreement-unclear-found = 不明且发现
alerts-agreement-standing-found = 未结束且发现
alerts-agreement-standing-missed = 未结束但漏掉

# merchants
alerts-merchant-title = 对我商品的预警
alerts-merchant-lead = 平台正在处理的情况：原因、曲线，以及您可以做什么。
alerts-merchant-none = 没有在处理的预警
alerts-merchant-none-help = 有情况时会在这里说明原因和办法。
alerts-merchant-stopped = 商品已停售
alerts-merchant-stopped-help = 预警结束后恢复；请按下面的办法处理。
alerts-merchant-fix = 您可以：

# what was wrong with an input
alerts-note-needed = 请写明理由
alerts-note-long = 最多 { $most } 个字符
alerts-reason-other-ending = 这个理由不属于所选的结论
alerts-reason-needed = 请选择理由
alerts-ending-needed = 请选择结论：属实、误报或不明
alerts-until-past = 日期须在今天之后
alerts-until-far = 最多 { $most } 天
alerts-date = 请写日期，如 2026-03-02
alerts-number = 请写数字
alerts-percent = 应为 0 到 100 的整数
alerts-days-reversed = 结束日不能早于起始日
alerts-days-many = 最多 { $most } 天
alerts-not-triable = 这种检测器不能在逐日历史上回测
alerts-detector-refused = { $zh }
alerts-unknown-word = 没有这个值

# figures
alerts-figure-observed = 观察到
alerts-figure-expected = 预期
alerts-figure-exposure = 涉及的成交笔数（按到货延迟折算）
alerts-figure-rate = 比率
alerts-figure-cohort-rate = 同类比率
alerts-figure-cohort-members = 同类商品数
alerts-figure-events = 次数
alerts-figure-ratio = 相对同类的倍数
alerts-figure-events-since = 变化以来的次数
alerts-figure-expected-since = 变化以来的预期
alerts-figure-days-since-first = 上市天数
alerts-figure-dispersion = 商家间离散度
alerts-figure-others-rate = 其他批次的比率
alerts-figure-others-events = 其他批次的次数
alerts-figure-others-exposure = 其他批次的成交笔数
alerts-figure-units-today = 当日件数
alerts-figure-units-usual = 平日件数
alerts-figure-deviations = 偏离的标准差数
alerts-figure-factor = 为平日的倍数
alerts-figure-few-buyers-share = 少数买家的占比
alerts-figure-orders-today = 当日订单
alerts-figure-buyers-distinct = 不同买家（估计）
alerts-figure-orders-recent = 近日订单
alerts-figure-top-buyer-share = 最大买家占比
alerts-figure-new-account-share = 新账号占比
alerts-figure-empty-parcel-share = 过轻包裹占比
alerts-figure-reviews-recent = 近日评价
alerts-figure-review-factor = 评价为平日的倍数
alerts-figure-repeated-text-share = 重复文字占比
alerts-figure-extreme-star-share = 极端星级占比
alerts-figure-verified-share = 已验证购买占比
alerts-figure-top-text-share = 最常见文字占比
alerts-figure-price-now-minor = 现价
alerts-figure-price-lowest-minor = 此前最低价
alerts-figure-price-highest-minor = 此前最高价
alerts-figure-price-days = 此前有价格的天数
alerts-figure-price-change = 价格变化
alerts-figure-total-now = 总量
alerts-figure-total-expected = 预期总量
alerts-figure-weeks-of-history = 历史周数
alerts-figure-warnings = 告警

# errors
error-alert-wrong-state = 预警已结束，或这一步已做过
error-alert-changed = 别人同时修改了预警，请重新打开
error-alert-nothing-to-stop = 只有商品或批次可以停售
error-detector-no-history = 这些天没有已关闭的信号
error-detector-refused = 检测器的设定有误：{ $why_zh }
