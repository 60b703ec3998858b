"""Invented after-sales tickets in Chinese. Some carry what customers do type: a phone number, an address, a WeChat id.

Everything personal in them is made up: mobile numbers are of the range 154 and landlines of the area code 0301, neither
of them assigned; streets and names do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault tag with the complaints that customers word it in."""

    tag: str
    complaints: tuple[str, ...]


FAULTS: dict[str, tuple[Fault, ...]] = {
    "refrigerator": (
        Fault("not_cooling", ("冷藏室不制冷，菜都坏了", "冷冻还行，冷藏室温度降不下来", "用了十几年，现在完全不冷了")),
        Fault("noise", ("压缩机半夜嗡嗡响，吵得睡不着", "启动的时候咚的一声，很吓人")),
        Fault("frost", ("冷冻室结霜很厚，抽屉拉不开", "后壁一直结冰，除了又有")),
    ),
    "washing_machine": (
        Fault("not_draining", ("脱水的时候不排水，一桶水停在里面", "排水特别慢，显示故障代码")),
        Fault("vibration", ("甩干的时候跳着走，楼下都来敲门了", "脱水抖得厉害，地砖都震裂了")),
        Fault("leak", ("门封漏水，阳台全是水", "底下一直渗水，找不到哪里漏")),
    ),
    "air_conditioner": (
        Fault("not_cooling", ("开到十八度也不凉，外机转", "去年加过氟，今年又不冷了")),
        Fault("leak", ("内机滴水，把床都打湿了", "墙上的洞往里渗水")),
        Fault("smell", ("一开就有霉味，老人受不了", "出风有股酸味，洗过滤网也没用")),
    ),
    "water_heater": (
        Fault("no_ignition", ("打不着火，啪啪响就是不点", "冬天水压低的时候点不着")),
        Fault("temperature", ("水忽冷忽热，洗澡洗一半变凉", "调到五十度出来还是温的")),
        Fault("leak", ("下面接口滴水，接了个盆", "内胆漏了，一直往下流锈水")),
    ),
    "television": (
        Fault("no_picture", ("有声音没有画面", "屏幕右边一条竖线，越来越宽")),
        Fault("remote", ("遥控器按很多次才有反应", "语音遥控连不上")),
    ),
    "range_hood": (
        Fault("weak_suction", ("吸力越来越小，炒个菜满屋都是烟", "楼上做饭味道全从我家油烟机出来")),
        Fault("noise", ("开大档像飞机一样响", "开起来有金属摩擦的声音")),
    ),
    "dishwasher": (
        Fault("not_clean", ("洗完碗上还有油，要再手洗一遍", "玻璃杯上一层白色的水垢")),
        Fault("not_draining", ("洗完底下存水，有味道", "报排水故障，清理过还是不行")),
    ),
    "freezer": (
        Fault("not_cooling", ("冰柜不冻了，里面的肉都化了", "温度只能到零下五度")),
        Fault("door_seal", ("门关不严，封条老化变硬", "盖子边上一圈结冰")),
    ),
}

REQUESTS: tuple[str, ...] = (
    "，请尽快安排师傅上门。",
    "，希望周末来修，平时上班。",
    "，已经修过两次了，还是老样子。",
    "，问一下换新有没有补贴？",
    "，在不在保修期？",
    "。",
    "，家里有老人和孩子，麻烦快一点。",
    "，如果修不好就考虑换一台。",
)

PERSONAL: tuple[str, ...] = (
    "联系电话{phone}。",
    "打我手机 {phone_spaced}，白天都在。",
    "电话{phone_dashed}，别打座机。",
    "我爱人电话{phone_han}，她在家。",
    "地址是春蕾路{number}号{building}号楼{unit}单元{room}。",
    "住{building}号楼{unit}单元{room}室，门口有保安登记。",
    "加微信 qh_home{number} 发视频给师傅看。",
    "座机0301-8000{number:04d}，转家里。",
)
"""{phone} and its spellings, {number}, {building}, {unit} and {room} are filled in."""

HAN_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
