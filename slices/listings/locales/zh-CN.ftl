### 商品：拒绝的原因、状态、导入

# --- 错误代码
error-listing-stale = 商品刚刚被修改过，请刷新后再试
error-listing-state = 商品目前的状态不允许此操作
error-listing-taken = 该商家已有编号为 { $number } 的商品
error-listing-market = 没有“{ $market }”市场的规则；可用：cn、us、eu
error-screening-rules = “{ $market }”的审核规则有误，暂时无法审核；请由主管检查规则
error-import-mapping = 映射文件有误
error-import-unreadable = 文件无法读取
error-import-running = 该文件正在导入，请稍候

# --- 字段的错误
listings-fault-missing = 必填
listings-fault-too-long = { $there } 个字符，最多 { $most } 个；请缩短
listings-fault-too-many = { $there } 项，最多 { $most } 项
listings-fault-one-line = 不能换行
listings-fault-character = 第 { $position } 个字符（{ $code }）不可见或会改变文字方向，请删去
listings-fault-price = 价格应为不小于 0 的金额，不超过一亿
listings-fault-currency = 应为三位货币代码，如 CNY
listings-fault-currency-missing = 有价格时请写货币，如 CNY
listings-fault-date = 日期应写作 YYYY-MM-DD，如 2026-03-31
listings-fault-image = 应为已上传文件的 SHA-256（64 位十六进制）
listings-fault-image-unknown = 没有这张图片，请先上传
listings-fault-picture = 图片 { $file } 不能使用：{ $why }（{ $code }）
listings-fault-merchant = 没有这个商家
listings-fault-reasons = 请写明理由
listings-fault-reasons-long = 理由最多 50 条，每条最多 200 字
listings-fault-brand-name = 品牌名称至少两个字，最多 100 字

# --- 映射文件
listings-mapping-syntax = 写法有误：{ $detail }
listings-mapping-large = 文件过大，最多 { $most } 字节
listings-mapping-field = 没有这个字段；您是否想写 { $detail }？属性写作 attributes.名称
listings-mapping-missing = 缺少字段 { $detail } 的列
listings-mapping-value = 取值应为：{ $detail }
listings-mapping-pattern = 无法理解：{ $detail }

# --- 文件
listings-import-large = 文件超过 { $mebibytes } MB，请拆成几个文件
listings-import-empty = 文件是空的
listings-import-binary = 这不是文本表格（可能是 Excel 或压缩包）；请另存为 CSV 或 NDJSON 再上传
listings-import-truncated = 压缩文件不完整，在此处中断；请重新导出或重新传输
listings-import-gzip = 压缩文件已损坏；请重新导出
listings-import-bomb = 解压后超过 { $gibibytes } GB，不予读取
listings-import-encoding = 此行不是 { $expected } 编码，看起来是 { $likely }；请在映射文件中写 encoding = "{ $likely }"，或另存为 UTF-8
listings-import-encoding-unknown = 此行不是 { $expected } 编码；请另存为 UTF-8
listings-import-column = 文件中没有这一列；有：{ $there }
listings-import-column-twice = 这一列出现了两次，请改名
listings-import-quote = 此行过长（超过 { $most } 字节或 { $columns } 列），可能有未闭合的引号
listings-import-groups = 合并后超过 { $most } 个商品，请拆成几个文件
listings-import-refused = 无法读取的行超过 { $most } 行；请检查映射文件
listings-import-missing = 找不到文件
listings-import-io = 读取失败：{ $detail }
listings-recalls-unreadable = 没有一行是召回通告（需要 Safety Gate 的 JSON 行或 CPSC 的制表符表格）{ $detail }

# --- 行
listings-row-created = 新建
listings-row-updated = 更新
listings-row-unchanged = 未变
listings-row-refused = 未收
listings-row-number = 编号为空或超过 { $most } 个字符
listings-row-price = “{ $value }”不是金额；小数点为“{ $decimal }”，如 12.50
listings-row-date = “{ $value }”不是日期；应写作 { $form }
listings-row-quantity = “{ $value }”不是数量
listings-row-documents = 证件应为 JSON 列表，每项带 kind
listings-row-columns = 有 { $there } 列，表头有 { $expected } 列；请检查引号和分隔符
listings-row-json = 不是有效的 JSON（第 { $column } 列）
listings-row-object = 应为一个 JSON 对象
listings-row-long = 此行超过 { $most } 字节
listings-row-title = 没有可用的名称
listings-row-no-price = 没有可用的价格
listings-row-removed = 该商品已下架禁售，不能更新
listings-row-older = 比现有内容旧，未采用
listings-row-picture = 没有这张图片：{ $value }；请先上传并写其 SHA-256
listings-row-picture-file = 图片文件不能使用：{ $value }

# --- 状态
listings-state-draft = 草稿
listings-state-submitted = 待审核
listings-state-screening = 机审中
listings-state-passed = 已通过，待上架
listings-state-in-review = 人工审核中
listings-state-rejected = 未通过
listings-state-on-sale = 在售
listings-state-restricted = 限制销售
listings-state-suspended = 暂停销售
listings-state-removed = 已下架禁售
listings-version-draft = 草稿
listings-version-submitted = 待审核
listings-version-screening = 机审中
listings-version-passed = 已通过
listings-version-in-review = 人工审核中
listings-version-rejected = 未通过
listings-version-superseded = 已被新版本取代
listings-decision-pass = 通过
listings-decision-review = 转人工
listings-decision-reject = 拒绝
listings-cause-screening = 审核发现严重问题
listings-cause-qualification = 资质失效
listings-cause-merchant = 商家暂停经营
listings-cause-decision = 人工决定
listings-measure-restrict = 限制销售
listings-measure-suspend = 暂停销售
listings-measure-restore = 恢复
listings-measure-remove = 下架禁售
listings-fingerprint-text = 文字
listings-fingerprint-image = 图片
listings-fingerprint-gtin = 条码
listings-fingerprint-document = 证件
listings-import-state-queued = 排队中
listings-import-state-running = 导入中
listings-import-state-finished = 已完成
listings-import-state-failed = 失败
