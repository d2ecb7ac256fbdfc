# 规则包

rulebook-unverified = 规则未核实
rulebook-unverified-hint = 本规则尚未与依据原文核对，结果仅供参考
rulebook-citation = 依据：{ $title }{ $article }
rulebook-version = 规则版本 { $version }

error-rulebook-pack-invalid = 规则文件有误，请按提示的文件、行号和字段修改；原有规则继续有效
error-rulebook-overlap = 两份规则在同一地点的有效期或版本重复，请修改其中一份；原有规则继续有效
error-rulebook-none-in-force = 此地此时没有有效的规则，请管理员补充规则文件
error-rulebook-unknown = 系统缺少一项规则，请联系管理员
